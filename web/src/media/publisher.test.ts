import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Failure } from '@/failure'
import { type HallLine } from '@/wire/socket'

// Node has neither cameras nor peer connections: what is played here is their side of the conversation.
const camera = { stream: { getTracks: () => [{ kind: 'video' }, { kind: 'audio' }] }, listeners: new Set<() => void>() }
vi.mock('./camera', () => ({
  ownStream: () => camera.stream,
  ownTrack: (kind: string) => ({ kind }),
  onTracks: (changed: () => void) => {
    camera.listeners.add(changed)
    return () => camera.listeners.delete(changed)
  },
}))
vi.mock('./snapshot', () => ({ stillOf: () => Promise.resolve('jpeg') }))

class Peer extends EventTarget {
  static made: Peer[] = []
  connectionState = 'new'
  iceConnectionState = 'new'
  iceGatheringState = 'complete'
  localDescription = { sdp: 'offer' }

  constructor() {
    super()
    Peer.made.push(this)
  }

  addTransceiver = (): object => ({})
  signalingState = 'have-local-offer'
  reports = 0
  getStats = (): Promise<Map<string, object>> => Promise.resolve(new Map([['a', { type: 'remote-inbound-rtp', timestamp: this.reports }]]))
  createOffer = (): Promise<object> => Promise.resolve({})
  setLocalDescription = (): Promise<void> => Promise.resolve()
  setRemoteDescription = (): Promise<void> => Promise.resolve()
  getSenders = (): object[] => []
  getTransceivers = (): object[] => []

  become(state: string, ice = state): void {
    this.connectionState = state
    this.iceConnectionState = ice
    this.dispatchEvent(new Event('connectionstatechange'))
    this.dispatchEvent(new Event('iceconnectionstatechange'))
  }

  close(): void {
    this.connectionState = 'closed'
  }
}

const asked: string[] = []
const refused = { code: '' }
const line = {
  ask: (event: string) => {
    asked.push(event)
    if (event === 'restart' && refused.code !== '') return Promise.reject(new Failure(refused.code))
    return Promise.resolve({ sdp: 'answer' })
  },
} as unknown as HallLine

const last = (): Peer => Peer.made[Peer.made.length - 1] as Peer

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('navigator', { connection: Object.assign(new EventTarget(), { type: 'wifi' }) })
  vi.stubGlobal('RTCPeerConnection', Peer)
  vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs: [] }) })
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no relay is known')))
  Peer.made = []
  asked.length = 0
  refused.code = ''
})

afterEach(async () => {
  const { stopSending } = await import('./publisher')
  stopSending()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function sending(): Promise<typeof import('./publisher')> {
  const publisher = await import('./publisher')
  publisher.startSending(line, 'O1')
  await vi.advanceTimersByTimeAsync(10)
  last().become('connected')
  publisher.hallReceives(true)
  expect(publisher.ownSending.send).toBe('sending')
  return publisher
}

it('asks at once for another way when the hall has lost what arrived, or the network has changed, and keeps the connection', async () => {
  const { hallReceives } = await sending()
  hallReceives(false)
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['publish', 'restart'])
  hallReceives(true)
  window.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['publish', 'restart', 'restart'])
  expect(Peer.made).toHaveLength(1)
})

it('begins anew where the hall has the connection no more', async () => {
  const { hallReceives } = await sending()
  refused.code = 'connection_over'
  hallReceives(false)
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['publish', 'restart', 'publish'])
})

it('keeps what it has while the line is away, for nothing can be asked then', async () => {
  const { hallReceives, ownSending } = await sending()
  refused.code = 'connection_lost'
  hallReceives(false)
  await vi.advanceTimersByTimeAsync(10)
  expect([asked, ownSending.send]).toEqual([['publish', 'restart'], 'sending'])
})

it('does not wait for ICE where the hall’s reports stay away, and asks once for each silence', async () => {
  await sending()
  for (let second = 0; second < 10; second++) {
    last().reports++
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(asked).toEqual(['publish'])
  await vi.advanceTimersByTimeAsync(3_500)
  expect(asked).toEqual(['publish', 'restart'])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked).toEqual(['publish', 'restart'])
})

it('takes a better or worse network for the same one, and another one for another', async () => {
  await sending()
  const { connection } = navigator as unknown as { connection: EventTarget & { type: string } }
  connection.dispatchEvent(new Event('change'))
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['publish'])
  connection.type = 'cellular'
  connection.dispatchEvent(new Event('change'))
  await vi.advanceTimersByTimeAsync(10)
  expect(asked).toEqual(['publish', 'restart'])
})

it('does not wait for the end of a connection that ICE calls disconnected, and begins anew where no other way is found', async () => {
  const { ownSending } = await sending()
  last().become('connected', 'disconnected')
  await vi.advanceTimersByTimeAsync(3_900)
  expect([asked, ownSending.send]).toEqual([['publish', 'restart'], 'sending'])
  await vi.advanceTimersByTimeAsync(700)
  expect(asked).toEqual(['publish', 'restart', 'publish'])
})

it('leaves a connection alone that ICE finds again', async () => {
  await sending()
  last().become('connected', 'disconnected')
  await vi.advanceTimersByTimeAsync(1_000)
  last().become('connected')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked).toEqual(['publish', 'restart'])
})

it('sends anew what the hall never received, though the connection stands', async () => {
  const { hallReceives } = await sending()
  hallReceives(false)
  await vi.advanceTimersByTimeAsync(7_000)
  expect(asked).toEqual(['publish', 'restart', 'publish'])
})

it('sends still pictures after ten seconds without a connection, and returns to the live picture by itself', async () => {
  const { ownSending } = await sending()
  last().become('failed')
  await vi.advanceTimersByTimeAsync(9_000)
  expect(asked).not.toContain('still')
  await vi.advanceTimersByTimeAsync(4_000)
  expect(ownSending.send).toBe('stills')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked.filter((event) => event === 'still').length).toBeGreaterThanOrEqual(10)
  expect(asked.filter((event) => event === 'publish').length).toBeGreaterThan(2)
  last().become('connected')
  const before = asked.length
  await vi.advanceTimersByTimeAsync(5_000)
  expect([ownSending.send, asked.slice(before)]).toEqual(['sending', []])
})

it('sends none while a connection that was there a moment ago is only made anew', async () => {
  const { hallReceives } = await sending()
  await vi.advanceTimersByTimeAsync(60_000)
  refused.code = 'connection_over'
  hallReceives(false)
  await vi.advanceTimersByTimeAsync(6_000)
  expect(asked).toEqual(['publish', 'restart', 'publish'])
})

it('tries again ever more slowly while nothing answers', async () => {
  await sending()
  last().become('failed')
  for (let second = 0; second < 60; second++) {
    await vi.advanceTimersByTimeAsync(1_000)
    if (last().connectionState === 'new') last().become('failed')
  }
  const tries = asked.filter((event) => event === 'publish').length
  expect(tries).toBeGreaterThan(7)
  expect(tries).toBeLessThan(20)
})

it('stops for good', async () => {
  const { stopSending, ownSending } = await sending()
  stopSending()
  await vi.advanceTimersByTimeAsync(30_000)
  expect([asked, ownSending.send, camera.listeners.size]).toEqual([['publish'], 'off', 0])
})
