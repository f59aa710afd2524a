/**
 * Watching one participant: a receive-only connection of its own, made anew at once after trouble while somebody looks. Tiles of
 * one page that show the same person share it: the hall knows one watch of a person by a viewer.
 */
import { asFailure } from '@/failure'
import { type HallLine } from '@/wire/socket'
import { anotherWay, canRestart, gatheredOffer, guard, iceConfiguration, onNetworkChange } from './link'
import { retryPause } from './retry'

/** `unseen`: sound may arrive, but for a while no picture that this browser could show. */
export type WatchState = 'connecting' | 'watching' | 'unseen' | 'failed'

const LOOK = 1_000
/** So long no new frame: the still picture takes the live one's place until there is one. */
const UNSEEN = 4_000

class Watcher {
  private peer: RTCPeerConnection | null = null
  private retry: ReturnType<typeof setTimeout> | undefined
  private readonly looking: ReturnType<typeof setInterval>
  private readonly stopListening: () => void
  private unguard: () => void = () => undefined
  private tries = 0
  private frames = -1
  private seen = 0
  private asking = false
  private ended = false

  constructor(
    private readonly line: HallLine,
    private readonly opening: string,
    private readonly participant: string,
    private readonly onStream: (stream: MediaStream | null) => void,
    private readonly onState: (state: WatchState) => void,
  ) {
    this.looking = setInterval(() => void this.look(), LOOK)
    this.stopListening = onNetworkChange(() => this.moved())
    queueMicrotask(() => void this.connect()) // Its first words go to who has kept it by then.
  }

  /** Something is new: the line is back, or the publisher is. A connection that shows a picture is kept. */
  again(): void {
    this.tries = 0
    if (!this.asking) void this.connect()
  }

  /** The network may be another one. */
  moved(): void {
    if (canRestart(this.peer)) void this.restart(this.peer)
    else this.again()
  }

  stop(): void {
    this.ended = true
    clearInterval(this.looking)
    this.stopListening()
    this.closePeer()
    // The hall frees the stream at once instead of when the connection times out; if the line is gone, it notices by itself.
    void this.line.ask('unwatch', { participant: this.participant }).catch(() => undefined)
  }

  private async connect(): Promise<void> {
    this.closePeer()
    if (this.ended) return
    this.asking = true
    this.onState('connecting')
    const peer = new RTCPeerConnection(await iceConfiguration(this.opening))
    if (this.isOver()) {
      peer.close()
      return
    }
    this.peer = peer
    this.unguard = guard(
      peer,
      () => this.up(),
      () => void this.restart(peer),
      () => this.fail(),
    )
    const stream = new MediaStream()
    peer.addTransceiver('video', { direction: 'recvonly' })
    peer.addTransceiver('audio', { direction: 'recvonly' })
    peer.addEventListener('track', ({ track }) => {
      stream.addTrack(track)
      this.onStream(stream)
    })
    try {
      const sdp = await gatheredOffer(peer)
      const answer = await this.line.ask<{ sdp: string }>('watch', { participant: this.participant, sdp })
      if (peer === this.peer) await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    } catch (thrown) {
      // Nothing that is sent can be shown here: as good as a picture that does not come.
      if (peer === this.peer) this.fail(asFailure(thrown).code === 'no_common_codec' ? 'unseen' : 'failed')
    } finally {
      if (peer === this.peer) this.asking = false
    }
  }

  /** Look for another way to the connection that stands, or begin anew where the hall has none. */
  private async restart(peer: RTCPeerConnection): Promise<void> {
    if (this.asking || peer !== this.peer) return
    this.asking = true
    try {
      await anotherWay(peer, (sdp) => this.line.ask('restart', { participant: this.participant, sdp }))
    } catch (thrown) {
      if (peer === this.peer && asFailure(thrown).code !== 'connection_lost') void this.connect()
    } finally {
      if (peer === this.peer) this.asking = false
    }
  }

  private up(): void {
    this.tries = 0
    this.seen = performance.now()
    this.onState('watching')
  }

  private fail(state: WatchState = 'failed'): void {
    if (this.ended) return
    this.closePeer()
    this.onState(state)
    this.retry = setTimeout(() => void this.connect(), retryPause(this.tries++, Math.random()))
  }

  /** Whether pictures come that this browser can show: a codec it lacks looks just like a camera that fell silent. */
  private async look(): Promise<void> {
    const peer = this.peer
    if (peer?.connectionState !== 'connected' || document.hidden) {
      this.seen = performance.now()
      return
    }
    const frames = await framesOf(peer)
    if (peer !== this.peer) return
    const moved = frames !== this.frames
    this.frames = frames
    if (moved) this.seen = performance.now()
    this.onState(performance.now() - this.seen > UNSEEN ? 'unseen' : 'watching')
  }

  private closePeer(): void {
    clearTimeout(this.retry)
    this.asking = false
    this.unguard()
    this.frames = -1
    const peer = this.peer
    this.peer = null
    peer?.close()
    this.onStream(null)
  }

  // Read again after a wait: the checker believes that nothing has changed meanwhile.
  private isOver(): boolean {
    return this.ended
  }
}

export interface Look {
  onStream(stream: MediaStream | null): void
  onState(state: WatchState): void
}

interface Shared {
  readonly watcher: Watcher
  readonly looks: Set<Look>
  stream: MediaStream | null
  state: WatchState
}

const shared = new Map<HallLine, Map<string, Shared>>()

/**
 * Look at a participant for as long as `stop` is not called. `again`: do not wait for the rest of a pause; `moved`: the line is back,
 * perhaps over another network.
 */
export function watchLive(line: HallLine, opening: string, participant: string, look: Look): { stop(): void; again(): void; moved(): void } {
  const ofLine = shared.get(line) ?? new Map<string, Shared>()
  shared.set(line, ofLine)
  const one = ofLine.get(participant) ?? begin(line, opening, participant)
  ofLine.set(participant, one)
  one.looks.add(look)
  look.onState(one.state)
  if (one.stream !== null) look.onStream(one.stream)
  return {
    again: () => one.watcher.again(),
    moved: () => one.watcher.moved(),
    stop() {
      one.looks.delete(look)
      look.onStream(null)
      if (one.looks.size > 0 || ofLine.get(participant) !== one) return
      one.watcher.stop()
      ofLine.delete(participant)
      if (ofLine.size === 0) shared.delete(line)
    },
  }
}

function begin(line: HallLine, opening: string, participant: string): Shared {
  const looks = new Set<Look>()
  const one: Shared = { looks, stream: null, state: 'connecting', watcher: new Watcher(line, opening, participant, onStream, onState) }
  function onStream(stream: MediaStream | null): void {
    one.stream = stream
    for (const look of looks) look.onStream(stream)
  }
  function onState(state: WatchState): void {
    one.state = state
    for (const look of looks) look.onState(state)
  }
  return one
}

async function framesOf(peer: RTCPeerConnection): Promise<number> {
  let frames = 0
  for (const one of (await peer.getStats()).values() as Iterable<{ type: string; kind?: string; framesDecoded?: number }>) {
    if (one.type === 'inbound-rtp' && one.kind === 'video') frames += one.framesDecoded ?? 0
  }
  return frames
}
