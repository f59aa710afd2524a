import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { chooseDevice, keepStandIn, onTracks, ownDevices, ownTrack, profileFrom, setMuted, startCamera, stopCamera } from './camera'

const wanted = { width: 640, height: 360, rate: 15 }

class Track extends EventTarget {
  enabled = true
  stopped = false

  constructor(
    readonly kind: string,
    readonly device: string,
  ) {
    super()
  }

  getSettings(): object {
    return { deviceId: this.device }
  }

  stop(): void {
    this.stopped = true
  }
}

class Stream {
  constructor(private tracks: Track[] = []) {}
  getTracks = (): Track[] => this.tracks
  getVideoTracks = (): Track[] => this.tracks.filter(({ kind }) => kind === 'video')
  getAudioTracks = (): Track[] => this.tracks.filter(({ kind }) => kind === 'audio')
  addTrack = (track: Track): void => void this.tracks.push(track)
  removeTrack = (track: Track): void => void (this.tracks = this.tracks.filter((one) => one !== track))
}

/** What the browser's own switch of one device says. */
class Leave extends EventTarget {
  state: PermissionState = 'granted'

  async turn(state: PermissionState): Promise<void> {
    this.state = state
    this.dispatchEvent(new Event('change'))
    await settled()
  }
}

/** A computer: which cameras and microphones are plugged in, and which of them another program holds. */
class Computer extends EventTarget {
  plugged: { kind: 'video' | 'audio'; id: string; taken?: true }[] = []
  readonly leaves = { camera: new Leave(), microphone: new Leave() }
  questions = 0

  getUserMedia = (asked: Partial<Record<'video' | 'audio', { deviceId?: { exact?: string } }>>): Promise<Stream> => {
    this.questions++
    if ((asked.video && this.leaves.camera.state === 'denied') || (asked.audio && this.leaves.microphone.state === 'denied')) throw new DOMException('', 'NotAllowedError')
    const tracks = (Object.keys(asked) as ('video' | 'audio')[]).map((kind) => {
      const all = this.plugged.filter((one) => one.kind === kind)
      // Like a browser, it takes the first device where none is named.
      const exact = asked[kind]?.deviceId?.exact
      const device = exact === undefined ? all[0] : all.find(({ id }) => id === exact)
      if (device === undefined && all.length > 0) throw new DOMException('', 'OverconstrainedError')
      if (device === undefined) throw new DOMException('', 'NotFoundError')
      if (device.taken) throw new DOMException('', 'NotReadableError')
      return new Track(kind, device.id)
    })
    return Promise.resolve(new Stream(tracks))
  }

  enumerateDevices = (): Promise<object[]> => Promise.resolve(this.plugged.map(({ kind, id }) => ({ kind: `${kind}input`, deviceId: id, label: `the ${id.replace(/@.*/, '')}` })))

  async plug(...devices: Computer['plugged']): Promise<void> {
    this.plugged = devices
    this.dispatchEvent(new Event('devicechange'))
    await settled()
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))
let computer: Computer

beforeEach(() => {
  computer = new Computer()
  const kept = new Map<string, string>()
  vi.stubGlobal('window', { location: { search: '' } })
  vi.stubGlobal('navigator', { mediaDevices: computer, permissions: { query: ({ name }: { name: 'camera' | 'microphone' }) => Promise.resolve(computer.leaves[name]) } })
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) })
  vi.stubGlobal('MediaStream', Stream)
})

afterEach(() => {
  stopCamera()
  vi.unstubAllGlobals()
})

it('asks for what the hall wants, unless the address asks for something smaller', () => {
  expect(profileFrom('', wanted)).toEqual(wanted)
  expect(profileFrom('?to=/&video=320x180@10', wanted)).toEqual({ width: 320, height: 180, rate: 10 })
  expect(profileFrom('?video=huge', wanted)).toEqual(wanted)
})

it('uses the microphone where the camera is missing or taken, and says which it is', async () => {
  computer.plugged = [{ kind: 'audio', id: 'm1' }]
  await startCamera(wanted)
  expect([ownDevices.camera, ownDevices.microphone]).toEqual(['missing', 'on'])
  stopCamera()
  computer.plugged = [{ kind: 'audio', id: 'm1' }, { kind: 'video', id: 'c1', taken: true }]
  await startCamera(wanted)
  expect([ownDevices.camera, ownDevices.microphone]).toEqual(['busy', 'on'])
})

it('takes another camera when one is pulled out, and the same again when it is plugged in again', async () => {
  computer.plugged = [{ kind: 'video', id: 'c1' }, { kind: 'video', id: 'c2' }, { kind: 'audio', id: 'm1' }]
  await startCamera(wanted)
  expect(ownDevices.cameraId).toBe('c1')
  computer.plugged = computer.plugged.slice(1)
  ownTrack('video')?.dispatchEvent(new Event('ended'))
  await settled()
  expect([ownDevices.camera, ownDevices.cameraId]).toEqual(['on', 'c2'])
  computer.plugged = computer.plugged.slice(1)
  ownTrack('video')?.dispatchEvent(new Event('ended'))
  await settled()
  expect([ownDevices.camera, ownTrack('video'), ownDevices.microphone]).toEqual(['missing', null, 'on'])
  await computer.plug({ kind: 'video', id: 'c1' }, { kind: 'audio', id: 'm1' })
  expect([ownDevices.camera, ownDevices.cameraId]).toEqual(['on', 'c1'])
})

it('keeps the chosen device for the next visit, and a microphone that was silenced silent', async () => {
  computer.plugged = [{ kind: 'video', id: 'c1' }, { kind: 'audio', id: 'm1' }, { kind: 'audio', id: 'm2' }]
  await startCamera(wanted)
  setMuted(true)
  let changes = 0
  const stop = onTracks(() => changes++)
  const before = ownTrack('audio') as unknown as Track
  await chooseDevice('audio', 'm2')
  expect([ownDevices.microphoneId, ownTrack('audio')?.enabled, before.stopped, changes > 0]).toEqual(['m2', false, true, true])
  stop()
  setMuted(false)
  stopCamera()
  await startCamera(wanted)
  expect(ownDevices.microphoneId).toBe('m2')
})

it('keeps the microphone where the camera alone is forbidden, and takes the camera up when it is allowed', async () => {
  computer.plugged = [{ kind: 'video', id: 'c1' }, { kind: 'audio', id: 'm1' }]
  computer.leaves.camera.state = 'denied'
  await startCamera(wanted)
  expect([ownDevices.camera, ownDevices.microphone]).toEqual(['denied', 'on'])
  await computer.leaves.camera.turn('granted')
  expect([ownDevices.camera, ownDevices.cameraId]).toEqual(['on', 'c1'])
})

it('does not ask again whoever has just refused both', async () => {
  computer.plugged = [{ kind: 'video', id: 'c1' }, { kind: 'audio', id: 'm1' }]
  computer.leaves.camera.state = computer.leaves.microphone.state = 'denied'
  await startCamera(wanted)
  expect([ownDevices.camera, ownDevices.microphone, computer.questions]).toEqual(['denied', 'denied', 1])
})

it('uses the camera that was chosen, whatever else would fit better', async () => {
  computer.plugged = [{ kind: 'video', id: 'c1', taken: true }, { kind: 'video', id: 'c2' }, { kind: 'audio', id: 'm1' }]
  await startCamera(wanted)
  expect(ownDevices.camera).toBe('busy')
  await chooseDevice('video', 'c2')
  expect([ownDevices.camera, ownDevices.cameraId]).toEqual(['on', 'c2'])
})

const c1 = { kind: 'video', id: 'c1' } as const
const c2 = { kind: 'video', id: 'c2' } as const
const m1 = { kind: 'audio', id: 'm1' } as const

/** A visit at which the second camera was chosen, and its end. */
async function choseTheSecond(): Promise<void> {
  computer.plugged = [c1, c2, m1]
  await startCamera(wanted)
  await chooseDevice('video', 'c2')
  stopCamera()
}

it('uses the camera of the last visit and no other while it is there, even where another program holds it', async () => {
  await choseTheSecond()
  await startCamera(wanted)
  expect([ownDevices.cameraId, ownDevices.standIn.video]).toEqual(['c2', null])
  stopCamera()
  computer.plugged = [c1, { ...c2, taken: true }, m1]
  await startCamera(wanted)
  expect([ownDevices.camera, ownDevices.microphone, ownDevices.cameras.length]).toEqual(['busy', 'on', 2])
})

it('takes another camera where the one of the last visit stayed at home, says so, and comes back to it when it is plugged in', async () => {
  await choseTheSecond()
  computer.plugged = [c1, m1]
  await startCamera(wanted)
  expect([ownDevices.camera, ownDevices.cameraId, ownDevices.microphone, ownDevices.standIn.video]).toEqual(['on', 'c1', 'on', { kept: 'the c2', used: 'the c1' }])
  await computer.plug(c1, c2, m1)
  expect([ownDevices.camera, ownDevices.cameraId, ownDevices.standIn.video]).toEqual(['on', 'c2', null])
})

it('says nothing more of a camera that is never to be used again', async () => {
  await choseTheSecond()
  computer.plugged = [c1, m1]
  await startCamera(wanted)
  await keepStandIn('video')
  await computer.plug(c1, c2, m1)
  expect([ownDevices.cameraId, ownDevices.standIn.video]).toEqual(['c1', null])
})

it('never uses another camera than the one of the last visit because the microphone stayed at home', async () => {
  await choseTheSecond()
  localStorage.setItem('hall.microphone', 'm9')
  const given: string[] = []
  const stop = onTracks(() => given.push((ownTrack('video') as unknown as Track | null)?.device ?? ''))
  await startCamera(wanted)
  stop()
  expect([ownDevices.cameraId, ownDevices.microphoneId, ownDevices.standIn.audio]).toEqual(['c2', 'm1', { kept: '', used: 'the m1' }])
  expect(given).not.toContain('c1')
})

it('knows a camera by its name where the browser gives it another id at each visit', async () => {
  await choseTheSecond()
  computer.plugged = [{ kind: 'video', id: 'c1@2' }, { kind: 'video', id: 'c2@2' }, m1]
  await startCamera(wanted)
  expect([ownDevices.cameraId, ownDevices.standIn.video]).toEqual(['c2@2', null])
})

it('lets a camera go that was given after the person had left', async () => {
  computer.plugged = [c1, m1]
  const given: Track[] = []
  const ask = computer.getUserMedia
  computer.getUserMedia = async (asked) => {
    const found = await ask(asked)
    given.push(...found.getTracks())
    return found
  }
  const starting = startCamera(wanted)
  stopCamera()
  await starting
  expect([ownDevices.camera, ownTrack('video'), given.map(({ stopped }) => stopped)]).toEqual(['off', null, [true, true]])
})
