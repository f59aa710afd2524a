/**
 * Sending the own camera to the hall, for as long as the hall wants it: tried again at once after trouble, then ever slower;
 * after ten seconds without a connection still pictures go over the socket until it is back. Nothing waits for any of it.
 */
import { reactive, readonly } from 'vue'
import { asFailure } from '@/failure'
import { type HallLine } from '@/wire/socket'
import { onTracks, ownStream, ownTrack } from './camera'
import { anotherWay, canRestart, gatheredOffer, guard, iceConfiguration, lastReport, onNetworkChange, suspectNetwork } from './link'
import { retryPause } from './retry'
import { stillOf } from './snapshot'

export type SendState = 'off' | 'connecting' | 'sending' | 'stills' | 'failed'

const MAX_BITRATE = 500_000
const STILLS_AFTER = 10_000
const STILLS_EVERY = 2_000
/** The connection stands and the hall still receives nothing: packets are lost on the way. */
const UNHEARD = 6_000
/** The hall reports each second; so long without a report, and the network has probably changed: ICE needs twice as long to say so. */
const UNREPORTED = 2_500
const LISTEN = 500

const state = reactive<{ send: SendState }>({ send: 'off' })
export const ownSending = readonly(state)

class Publisher {
  private peer: RTCPeerConnection | null = null
  private tries = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private unheard: ReturnType<typeof setTimeout> | undefined
  private readonly stills: ReturnType<typeof setInterval>
  private readonly stops: (() => void)[]
  private unguard: () => void = () => undefined
  private readonly listening: ReturnType<typeof setInterval>
  private report = 0
  private reported = Infinity
  private down = performance.now()
  private asking = false
  private received = false
  private taking = false
  private ended = false

  constructor(
    private readonly line: HallLine,
    private readonly opening: string,
  ) {
    this.stops = [onNetworkChange(() => this.again()), onTracks(() => void this.exchangeTracks())]
    this.stills = setInterval(() => void this.still(), STILLS_EVERY)
    this.listening = setInterval(() => void this.listen(), LISTEN)
    void this.connect()
  }

  end(): void {
    this.ended = true
    for (const stop of this.stops) stop()
    clearInterval(this.stills)
    clearInterval(this.listening)
    this.close()
    state.send = 'off'
  }

  /** Something is new: the network, the line or the hall's media worker. Do not wait for the rest of a pause. */
  again(): void {
    this.tries = 0
    if (this.asking) return
    if (canRestart(this.peer)) void this.restart(this.peer)
    else void this.connect()
  }

  /** Whether the hall says that packets arrive. Those of a worker that died do not: no need to wait until ICE notices. */
  receives(now: boolean): void {
    const ceased = this.received && !now
    this.received = now
    if (ceased && state.send === 'sending') this.again()
    else this.expectToBeHeard()
  }

  private async connect(): Promise<void> {
    const stream = ownStream()
    if (this.ended || stream === null) return
    this.close()
    if (state.send === 'sending') this.down = performance.now()
    if (state.send !== 'stills') state.send = 'connecting'
    this.asking = true
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
    try {
      for (const track of stream.getTracks()) {
        const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
        if (track.kind === 'video') preferH264(transceiver)
      }
      const answer = await this.line.ask<{ sdp: string }>('publish', { sdp: await gatheredOffer(peer) })
      if (peer !== this.peer) return
      await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
      await capBitrate(peer)
    } catch {
      if (peer === this.peer) this.fail()
    } finally {
      if (peer === this.peer) this.asking = false
    }
  }

  /** The network may be another one: look for another way to the connection that stands, or begin anew where the hall has none. */
  private async restart(peer: RTCPeerConnection): Promise<void> {
    if (this.asking || peer !== this.peer) return
    this.asking = true
    try {
      await anotherWay(peer, (sdp) => this.line.ask('restart', { participant: '', sdp }))
      if (peer === this.peer) this.expectToBeHeard()
    } catch (thrown) {
      // Without the line nothing can be asked; when it is back, this is tried again.
      if (peer === this.peer && asFailure(thrown).code !== 'connection_lost') void this.connect()
    } finally {
      if (peer === this.peer) this.asking = false
    }
  }

  /** The hall's reports come back the way that packets go: when they stay away, that way is gone. */
  private async listen(): Promise<void> {
    const peer = this.peer
    if (state.send !== 'sending' || peer === null || this.asking) return
    const report = await lastReport(peer)
    if (peer !== this.peer) return
    const now = performance.now()
    if (report !== this.report) {
      this.report = report
      this.reported = now
    } else if (now - this.reported > UNREPORTED) {
      this.reported = Infinity
      suspectNetwork()
    }
  }

  private anew(): void {
    if (!this.asking) void this.connect()
  }

  private up(): void {
    if (state.send === 'sending') return
    this.tries = 0
    state.send = 'sending'
    this.expectToBeHeard()
  }

  private expectToBeHeard(): void {
    clearTimeout(this.unheard)
    if (!this.received && state.send === 'sending') this.unheard = setTimeout(() => this.fail(), UNHEARD)
  }

  private fail(): void {
    if (this.ended) return
    if (state.send === 'sending' || state.send === 'connecting') {
      if (state.send === 'sending') this.down = performance.now()
      state.send = 'failed'
    }
    this.close()
    this.retry = setTimeout(() => void this.connect(), retryPause(this.tries++, Math.random()))
  }

  private close(): void {
    clearTimeout(this.retry)
    this.asking = false
    this.reported = Infinity
    clearTimeout(this.unheard)
    this.unguard()
    this.peer?.close()
    this.peer = null
  }

  /** Where packets do not pass, a picture every two seconds over the line that stands. */
  private async still(): Promise<void> {
    if (state.send === 'sending' || performance.now() - this.down < STILLS_AFTER || this.taking) return
    const track = ownTrack('video')
    if (track === null) return
    this.taking = true
    try {
      const jpeg = await stillOf(track)
      await this.line.ask('still', { jpeg })
      if (!this.isSending() && !this.ended) state.send = 'stills'
    } catch {
      if (state.send === 'stills') state.send = 'failed'
    } finally {
      this.taking = false
    }
  }

  /** Another camera or microphone goes over the connection that stands; a kind that was not there needs a new one. */
  private async exchangeTracks(): Promise<void> {
    const peer = this.peer
    if (peer === null) return
    for (const kind of ['video', 'audio'] as const) {
      const track = ownTrack(kind)
      const sender = peer.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)?.sender
      if (sender === undefined && track !== null) {
        this.anew()
        return
      }
      await sender?.replaceTrack(track).catch(() => this.anew())
    }
  }

  // Read again after a wait: the checker believes that nothing has changed meanwhile.
  private isOver(): boolean {
    return this.ended
  }

  private isSending(): boolean {
    return ownSending.send === 'sending'
  }
}

let publisher: Publisher | null = null

/** Send what `camera` has over this line until `stopSending`; a connection that stands is kept. */
export function startSending(line: HallLine, opening: string): void {
  publisher ??= new Publisher(line, opening)
}

export function stopSending(): void {
  publisher?.end()
  publisher = null
}

/** The line to the hall is back, perhaps over another network: look at once. */
export function sendAgain(): void {
  publisher?.again()
}

/** The hall says whether this picture or sound arrives. */
export function hallReceives(arrives: boolean): void {
  publisher?.receives(arrives)
}

// H.264 is recorded as MP4; a browser without it (Debian's Firefox) sends VP8, which the hall knows too.
function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? []
  const of = (name: string): typeof codecs => codecs.filter((codec) => codec.mimeType.toLowerCase() === `video/${name}`)
  const h264 = of('h264').filter((codec) => codec.sdpFmtpLine?.includes('packetization-mode=1') ?? false)
  const base = h264.filter((codec) => codec.sdpFmtpLine?.includes('42e01f') ?? false)
  const ordered = [...base, ...h264.filter((codec) => !base.includes(codec)), ...of('vp8'), ...of('rtx')]
  if (ordered.length > 0 && typeof transceiver.setCodecPreferences === 'function') transceiver.setCodecPreferences(ordered)
}

async function capBitrate(peer: RTCPeerConnection): Promise<void> {
  const sender = peer.getSenders().find((one) => one.track?.kind === 'video')
  if (sender === undefined) return
  const parameters = sender.getParameters()
  // Some browsers forget what they were not asked for.
  if (parameters.encodings.length === 0) parameters.encodings = [{}]
  for (const encoding of parameters.encodings) encoding.maxBitrate = MAX_BITRATE
  // The estimate starts low; a small sharp picture is worse evidence than a slow one. Unknown to TypeScript's DOM library.
  Object.assign(parameters, { degradationPreference: 'maintain-resolution' })
  await sender.setParameters(parameters)
}
