import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { chooseDevice, onTracks, ownDevices, ownTrack, profileFrom, setMuted, startCamera, stopCamera } from './camera'

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
  plugged: { kind: 'video' | 'audio'; id: string; taken?: true; small?: true }[] = []
  readonly leaves = { camera: new Leave(), microphone: new Leave() }
  questions = 0

  getUserMedia = (asked: Partial<Record<'video' | 'audio', { deviceId?: { ideal?: string; exact?: string } }>>): Promise<Stream> => {
    this.questions++
    if ((asked.video && this.leaves.camera.state === 'denied') || (asked.audio && this.leaves.microphone.state === 'denied')) throw new DOMException('', 'NotAllowedError')
    const tracks = (Object.keys(asked) as ('video' | 'audio')[]).map((kind) => {
      const all = this.plugged.filter((one) => one.kind === kind)
      // Like a browser, it takes a wish for what it is: the first device is the one that fits best.
      const exact = asked[kind]?.deviceId?.exact
      const device = exact === undefined ? this.fits(all, asked[kind]?.deviceId?.ideal) : all.find(({ id }) => id === exact)
      if (device === undefined) throw new DOMException('', 'NotFoundError')
      if (device.taken) throw new DOMException('', 'NotReadableError')
      return new Track(kind, device.id)
    })
    return Promise.resolve(new Stream(tracks))
  }

  private fits(all: Computer['plugged'], wished: string | undefined): Computer['plugged'][number] | undefined {
    return all.find(({ id, small }) => id === wished && small !== true) ?? all[0]
  }

  enumerateDevices = (): Promise<object[]> => Promise.resolve(this.plugged.map(({ kind, id }) => ({ kind: `${kind}input`, deviceId: id, label: id })))

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
  computer.plugged = [{ kind: 'video', id: 'c1', taken: true }, { kind: 'video', id: 'c2', small: true }, { kind: 'audio', id: 'm1' }]
  await startCamera(wanted)
  expect(ownDevices.camera).toBe('busy')
  await chooseDevice('video', 'c2')
  expect([ownDevices.camera, ownDevices.cameraId]).toEqual(['on', 'c2'])
})
