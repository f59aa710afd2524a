/** Watching one participant: a receive-only connection of its own, tried again while somebody looks. */
import { type HallLine } from '@/wire/socket'
import { gatheredOffer } from './publisher'

export type WatchState = 'connecting' | 'watching' | 'failed'

const RETRY = 3_000

export class Watcher {
  private peer: RTCPeerConnection | null = null
  private retry: ReturnType<typeof setTimeout> | undefined
  private ended = false

  constructor(
    private readonly line: HallLine,
    private readonly participant: string,
    private readonly onStream: (stream: MediaStream | null) => void,
    private readonly onState: (state: WatchState) => void,
  ) {}

  async start(): Promise<void> {
    this.closePeer()
    if (this.ended) return
    this.onState('connecting')
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' })
    this.peer = peer
    const stream = new MediaStream()
    peer.addTransceiver('video', { direction: 'recvonly' })
    peer.addTransceiver('audio', { direction: 'recvonly' })
    peer.addEventListener('track', ({ track }) => {
      stream.addTrack(track)
      this.onStream(stream)
    })
    peer.addEventListener('connectionstatechange', () => {
      if (peer !== this.peer) return
      if (peer.connectionState === 'connected') this.onState('watching')
      else if (peer.connectionState === 'failed') this.again()
    })
    try {
      const sdp = await gatheredOffer(peer)
      const answer = await this.line.ask<{ sdp: string }>('watch', { participant: this.participant, sdp })
      if (peer === this.peer) await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    } catch {
      this.again()
    }
  }

  stop(): void {
    this.ended = true
    clearTimeout(this.retry)
    this.closePeer()
    // The hall frees the stream at once instead of when the connection times out; if the line is gone, it notices by itself.
    void this.line.ask('unwatch', { participant: this.participant }).catch(() => undefined)
  }

  private again(): void {
    if (this.ended) return
    this.closePeer()
    this.onState('failed')
    clearTimeout(this.retry)
    this.retry = setTimeout(() => void this.start(), RETRY)
  }

  private closePeer(): void {
    const peer = this.peer
    this.peer = null
    peer?.close()
    this.onStream(null)
  }
}
