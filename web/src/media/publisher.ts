/**
 * Camera and microphone of this window: asked for once, shown to the person, sent to the hall when it wants them. A refused camera
 * is a plain word on the screen and nothing more; it never costs the sign-in.
 */
import { reactive, readonly } from 'vue'
import { type HallLine } from '@/wire/socket'

export interface VideoProfile {
  readonly width: number
  readonly height: number
  readonly rate: number
}

export type CameraState = 'off' | 'asking' | 'on' | 'denied' | 'missing' | 'busy' | 'insecure'
export type SendState = 'off' | 'connecting' | 'sending' | 'failed'

const MAX_BITRATE = 500_000
const RETRY = 5_000

const state = reactive<{ camera: CameraState; send: SendState; muted: boolean }>({ camera: 'off', send: 'off', muted: false })
export const ownMedia = readonly(state)

let stream: MediaStream | null = null
let connection: RTCPeerConnection | null = null
let retry: ReturnType<typeof setTimeout> | undefined

export function ownStream(): MediaStream | null {
  return stream
}

/** `?video=320x180@10` in the address, for weak machines and tests, goes before what the hall asks for. */
export function profileFrom(search: string, wanted: VideoProfile): VideoProfile {
  const match = /[?&]video=(\d{2,4})x(\d{2,4})@(\d{1,2})/.exec(search)
  return match === null ? wanted : { width: Number(match[1]), height: Number(match[2]), rate: Number(match[3]) }
}

export async function startCamera(wanted: VideoProfile): Promise<MediaStream | null> {
  if (stream !== null) return stream
  // Typed as always there, but absent on an insecure origin.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (devices === undefined) {
    state.camera = 'insecure'
    return null
  }
  state.camera = 'asking'
  const { width, height, rate } = profileFrom(window.location.search, wanted)
  const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: rate, max: rate } }
  try {
    stream = await devices.getUserMedia({ video, audio: { echoCancellation: true, noiseSuppression: true } })
    state.camera = 'on'
  } catch (thrown) {
    state.camera = reasonOf(thrown)
  }
  for (const track of stream?.getTracks() ?? []) {
    track.addEventListener('ended', () => {
      stopCamera()
      state.camera = 'missing' // Pulled out while in use.
    })
  }
  return stream
}

export function stopCamera(): void {
  stopSending()
  for (const track of stream?.getTracks() ?? []) track.stop()
  stream = null
  state.camera = 'off'
}

export function setMuted(muted: boolean): void {
  for (const track of stream?.getAudioTracks() ?? []) track.enabled = !muted
  state.muted = muted
}

/** Send the camera to the hall, and keep trying while the line lives. */
export async function startSending(line: HallLine): Promise<void> {
  if (stream === null) return
  stopSending()
  state.send = 'connecting'
  const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' })
  connection = peer
  peer.addEventListener('connectionstatechange', () => {
    if (peer !== connection) return
    if (peer.connectionState === 'connected') state.send = 'sending'
    else if (peer.connectionState === 'failed' || peer.connectionState === 'closed') again(line)
  })
  try {
    for (const track of stream.getTracks()) {
      const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
      if (track.kind === 'video') preferH264(transceiver)
    }
    const answer = await line.ask<{ sdp: string }>('publish', { sdp: await gatheredOffer(peer) })
    if (peer !== connection) return
    await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    await capBitrate(peer)
  } catch {
    again(line)
  }
}

export function stopSending(): void {
  clearTimeout(retry)
  const peer = connection
  connection = null
  peer?.close()
  state.send = 'off'
}

function again(line: HallLine): void {
  stopSending()
  state.send = 'failed'
  retry = setTimeout(() => void startSending(line), RETRY)
}

/** An offer with all candidates in it: the hall answers once. */
export async function gatheredOffer(peer: RTCPeerConnection): Promise<string> {
  await peer.setLocalDescription(await peer.createOffer())
  if (peer.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, 2_000) // A host without a network interface gathers for ever.
      peer.addEventListener('icegatheringstatechange', () => {
        if (peer.iceGatheringState !== 'complete') return
        clearTimeout(limit)
        resolve()
      })
    })
  }
  return peer.localDescription?.sdp ?? ''
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
  for (const encoding of parameters.encodings) encoding.maxBitrate = MAX_BITRATE
  // The estimate starts low; a small sharp picture is worse evidence than a slow one. Unknown to TypeScript's DOM library.
  Object.assign(parameters, { degradationPreference: 'maintain-resolution' })
  await sender.setParameters(parameters)
}

function reasonOf(thrown: unknown): CameraState {
  const name = thrown instanceof DOMException ? thrown.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'missing'
}
