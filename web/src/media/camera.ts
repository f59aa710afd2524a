/**
 * Own camera and microphone: asked for once, kept while they are there, picked up again after they were unplugged. A missing
 * or refused device is a plain word on the screen and nothing more; it never costs a sign-in or a release.
 */
import { reactive, readonly } from 'vue'

export interface VideoProfile {
  readonly width: number
  readonly height: number
  readonly rate: number
}

export type DeviceState = 'off' | 'asking' | 'on' | 'denied' | 'missing' | 'busy' | 'insecure'
export type DeviceKind = 'video' | 'audio'

export interface Device {
  readonly id: string
  readonly label: string
}

const WANTED: Readonly<Record<DeviceKind, string>> = { video: 'hall.camera', audio: 'hall.microphone' }
const PERMISSION: Readonly<Record<DeviceKind, PermissionName>> = { video: 'camera', audio: 'microphone' }
const INPUT: Readonly<Record<DeviceKind, MediaDeviceKind>> = { video: 'videoinput', audio: 'audioinput' }

const state = reactive<{ camera: DeviceState; microphone: DeviceState; muted: boolean; cameras: Device[]; microphones: Device[]; cameraId: string; microphoneId: string }>({
  camera: 'off',
  microphone: 'off',
  muted: false,
  cameras: [],
  microphones: [],
  cameraId: '',
  microphoneId: '',
})
export const ownDevices = readonly(state)

let stream: MediaStream | null = null
/** What the browser says of its leave to use a device, where it tells. */
const leaves = new Map<DeviceKind, PermissionStatus>()
let profile: VideoProfile = { width: 640, height: 360, rate: 15 }
const listeners = new Set<() => void>()

/** Picture and sound as they are now, one stream for the whole visit; null before anything was allowed. */
export function ownStream(): MediaStream | null {
  return stream
}

export function ownTrack(kind: DeviceKind): MediaStreamTrack | null {
  const tracks = kind === 'video' ? stream?.getVideoTracks() : stream?.getAudioTracks()
  return tracks?.[0] ?? null
}

/** Call `changed` when a track has come, gone or been exchanged; gives how to stop. */
export function onTracks(changed: () => void): () => void {
  listeners.add(changed)
  return () => listeners.delete(changed)
}

/** `?video=320x180@10` in the address, for weak machines and tests, goes before what the hall asks for. */
export function profileFrom(search: string, wanted: VideoProfile): VideoProfile {
  const match = /[?&]video=(\d{2,4})x(\d{2,4})@(\d{1,2})/.exec(search)
  return match === null ? wanted : { width: Number(match[1]), height: Number(match[2]), rate: Number(match[3]) }
}

/** Ask for camera and microphone; whichever of them is there is used. */
export async function startCamera(wanted: VideoProfile): Promise<void> {
  const devices = mediaDevices()
  if (devices === null) {
    state.camera = state.microphone = 'insecure'
    return
  }
  if (state.camera === 'asking' || (ownTrack('video') !== null && ownTrack('audio') !== null)) return
  profile = profileFrom(window.location.search, wanted)
  devices.removeEventListener('devicechange', onDeviceChange)
  devices.addEventListener('devicechange', onDeviceChange)
  const missing = (['video', 'audio'] as const).filter((kind) => ownTrack(kind) === null)
  for (const kind of missing) setState(kind, 'asking')
  try {
    // One question for both where the browser asks the person.
    adopt(await devices.getUserMedia(Object.fromEntries(missing.map((kind) => [kind, constraints(kind, preferred(kind))]))))
  } catch (thrown) {
    await onlyOne(missing, reasonOf(thrown))
  }
  await listDevices()
  await minded()
}

/** Where one of them is missing, taken or forbidden, the other is still worth having; who refused both is not asked again. */
async function onlyOne(missing: readonly DeviceKind[], reason: DeviceState): Promise<void> {
  let rest = missing.length === 2 ? missing : []
  if (reason === 'denied') {
    await minded()
    const allowed = missing.filter((kind) => leaves.has(kind) && leaves.get(kind)?.state !== 'denied')
    rest = allowed.length < missing.length ? allowed : []
  }
  for (const kind of missing) if (!rest.includes(kind)) setState(kind, reason)
  for (const kind of rest) await open(kind, preferred(kind))
}

/** A device that was forbidden and is allowed now, by the browser's own switch, is taken up by itself. */
async function minded(): Promise<void> {
  for (const kind of ['video', 'audio'] as const) {
    if (leaves.has(kind)) continue
    try {
      const leave = await navigator.permissions.query({ name: PERMISSION[kind] })
      leaves.set(kind, leave)
      leave.addEventListener('change', () => {
        if (leaves.get(kind) === leave && leave.state === 'granted' && stateOf(kind) === 'denied') void open(kind, preferred(kind)).then(listDevices)
      })
    } catch {
      // A browser that says nothing of it: the button is there.
    }
  }
}

/** Use this camera or microphone, now and at the next visit. */
export async function chooseDevice(kind: DeviceKind, id: string): Promise<void> {
  localStorage.setItem(WANTED[kind], id)
  drop(kind) // Some drivers give a second camera only after the first was let go.
  await open(kind, id, 'exact')
  await listDevices()
}

export function stopCamera(): void {
  mediaDevices()?.removeEventListener('devicechange', onDeviceChange)
  drop('video')
  drop('audio')
  stream = null
  leaves.clear()
  state.camera = state.microphone = 'off'
}

export function setMuted(muted: boolean): void {
  state.muted = muted
  for (const track of stream?.getAudioTracks() ?? []) track.enabled = !muted
}

async function open(kind: DeviceKind, id: string, how: Strictness = 'ideal'): Promise<void> {
  const devices = mediaDevices()
  if (devices === null) return
  setState(kind, 'asking')
  try {
    adopt(await devices.getUserMedia({ [kind]: constraints(kind, id, how) }))
  } catch (thrown) {
    setState(kind, reasonOf(thrown))
  }
}

function adopt(found: MediaStream): void {
  stream ??= new MediaStream()
  for (const track of found.getTracks()) {
    const kind = track.kind === 'video' ? 'video' : 'audio'
    drop(kind)
    stream.addTrack(track)
    if (kind === 'audio') track.enabled = !state.muted
    track.addEventListener('ended', () => lost(kind, track))
    setState(kind, 'on')
  }
  changed()
}

/** Pulled out while in use, or taken by the system: another one will do, else it is picked up when it is back. */
function lost(kind: DeviceKind, track: MediaStreamTrack): void {
  if (ownTrack(kind) !== track) return
  drop(kind)
  setState(kind, 'missing')
  void open(kind, '').then(listDevices)
}

function drop(kind: DeviceKind): void {
  const track = ownTrack(kind)
  if (track === null) return
  stream?.removeTrack(track)
  track.stop()
  changed()
}

async function listDevices(): Promise<void> {
  const all = (await mediaDevices()?.enumerateDevices()) ?? []
  const of = (kind: DeviceKind): Device[] => all.filter((one) => one.kind === INPUT[kind] && one.deviceId !== '').map(({ deviceId, label }) => ({ id: deviceId, label }))
  state.cameras = of('video')
  state.microphones = of('audio')
  state.cameraId = ownTrack('video')?.getSettings().deviceId ?? ''
  state.microphoneId = ownTrack('audio')?.getSettings().deviceId ?? ''
}

/** Something was plugged in or out: what was missing is taken up by itself. */
async function onDeviceChange(): Promise<void> {
  for (const kind of ['video', 'audio'] as const) {
    const now = stateOf(kind)
    if (now === 'missing' || now === 'busy') await open(kind, preferred(kind))
  }
  await listDevices()
}

function changed(): void {
  for (const listener of [...listeners]) listener()
}

function stateOf(kind: DeviceKind): DeviceState {
  return kind === 'video' ? state.camera : state.microphone
}

function setState(kind: DeviceKind, now: DeviceState): void {
  if (kind === 'video') state.camera = now
  else state.microphone = now
}

function preferred(kind: DeviceKind): string {
  return localStorage.getItem(WANTED[kind]) ?? ''
}

/**
 * `ideal`: a camera that stayed at home must not cost the picture of the one that is here. `exact`, where a person has just chosen: among
 * wishes alone, browsers give another camera that fits the wanted size better.
 */
type Strictness = 'ideal' | 'exact'

function constraints(kind: DeviceKind, id: string, how: Strictness = 'ideal'): MediaTrackConstraints {
  const device = id === '' ? {} : { deviceId: { [how]: id } }
  if (kind === 'audio') return { ...device, echoCancellation: true, noiseSuppression: true }
  const { width, height, rate } = profile
  return { ...device, width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: rate, max: rate } }
}

/** Typed as always there, but absent on an insecure origin. */
function mediaDevices(): MediaDevices | null {
  return (navigator.mediaDevices as MediaDevices | undefined) ?? null
}

function reasonOf(thrown: unknown): DeviceState {
  const name = thrown instanceof DOMException ? thrown.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'missing'
}
