/**
 * Own camera and microphone: asked for once, kept while they are there, picked up again after they were unplugged. Which one was chosen
 * is kept for the next visit: it is used and no other, unless it stayed at home. A missing or refused device is a plain word on the screen
 * and nothing more; it never costs a sign-in or a release.
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
/** Its name is kept, too: a person knows it by that, and some browsers give the same device another id at each visit. */
const NAMED: Readonly<Record<DeviceKind, string>> = { video: 'hall.camera.name', audio: 'hall.microphone.name' }
const PERMISSION: Readonly<Record<DeviceKind, PermissionName>> = { video: 'camera', audio: 'microphone' }
const INPUT: Readonly<Record<DeviceKind, MediaDeviceKind>> = { video: 'videoinput', audio: 'audioinput' }

/** Another device is used than the one that was kept, because that one is not there. `kept`: its name, '' if it is not known. */
export interface StandIn {
  readonly kept: string
  readonly used: string
}

const state = reactive<{
  camera: DeviceState
  microphone: DeviceState
  muted: boolean
  cameras: Device[]
  microphones: Device[]
  cameraId: string
  microphoneId: string
  standIn: Record<DeviceKind, StandIn | null>
}>({
  camera: 'off',
  microphone: 'off',
  muted: false,
  cameras: [],
  microphones: [],
  cameraId: '',
  microphoneId: '',
  standIn: { video: null, audio: null },
})
export const ownDevices = readonly(state)

let stream: MediaStream | null = null
/** What the browser says of its leave to use a device, where it tells. */
const leaves = new Map<DeviceKind, PermissionStatus>()
let profile: VideoProfile = { width: 640, height: 360, rate: 15 }
/** Counts the visits: what a browser gives after a person has left the page must not stay on. */
let visit = 0
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
  const mine = visit
  const missing = (['video', 'audio'] as const).filter((kind) => ownTrack(kind) === null)
  for (const kind of missing) setState(kind, 'asking')
  try {
    // One question for both where the browser asks the person.
    await take(missing)
  } catch (thrown) {
    if (mine !== visit) return
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
  for (const kind of rest) await open(kind)
}

/** A device that was forbidden and is allowed now, by the browser's own switch, is taken up by itself. */
async function minded(): Promise<void> {
  for (const kind of ['video', 'audio'] as const) {
    if (leaves.has(kind)) continue
    try {
      const leave = await navigator.permissions.query({ name: PERMISSION[kind] })
      leaves.set(kind, leave)
      leave.addEventListener('change', () => {
        if (leaves.get(kind) === leave && leave.state === 'granted' && stateOf(kind) === 'denied') void open(kind).then(listDevices)
      })
    } catch {
      // A browser that says nothing of it: the button is there.
    }
  }
}

/** Use this camera or microphone, now and at the next visit. */
export async function chooseDevice(kind: DeviceKind, id: string): Promise<void> {
  remember(kind, id)
  drop(kind) // Some drivers give a second camera only after the first was let go.
  await open(kind)
  await listDevices()
}

/** What stands in for a device that was kept is the one to be used from now on. */
export async function keepStandIn(kind: DeviceKind): Promise<void> {
  remember(kind, idOf(kind))
  await listDevices()
}

export function stopCamera(): void {
  visit++
  mediaDevices()?.removeEventListener('devicechange', onDeviceChange)
  drop('video')
  drop('audio')
  stream = null
  leaves.clear()
  state.camera = state.microphone = 'off'
  state.standIn = { video: null, audio: null }
}

export function setMuted(muted: boolean): void {
  state.muted = muted
  for (const track of stream?.getAudioTracks() ?? []) track.enabled = !muted
}

/** A device that is in use goes on where no better one can be had. strictly: the kept one or none. */
async function open(kind: DeviceKind, strictly = false): Promise<void> {
  if (mediaDevices() === null) return
  if (ownTrack(kind) === null) setState(kind, 'asking')
  const mine = visit
  try {
    await take([kind], strictly)
  } catch (thrown) {
    if (mine === visit && ownTrack(kind) === null) setState(kind, reasonOf(thrown))
  }
}

/** The devices that were kept and no others; any, where one of them stayed at home: without it nobody would be seen. Throws what the browser throws. */
async function take(kinds: readonly DeviceKind[], strictly = false): Promise<void> {
  try {
    adopt(await question(kinds, preferred))
  } catch (thrown) {
    if (strictly || nameOf(thrown) !== 'OverconstrainedError' || !kinds.some((kind) => preferred(kind) !== '')) throw thrown
    const found = await question(kinds, () => '')
    // The browser does not say which of them is not there: what was kept and is there is still the only one.
    const there = await inputs()
    const again: DeviceKind[] = []
    for (const track of found.getTracks()) {
      const kind = kindOf(track)
      const kept = keptAmong(kind, there)
      if (kept === undefined) continue
      remember(kind, kept.deviceId, kept.label)
      if (kept.deviceId === track.getSettings().deviceId) continue
      track.stop()
      found.removeTrack(track)
      again.push(kind)
    }
    adopt(found)
    for (const kind of again) await open(kind, true)
  }
}

async function question(kinds: readonly DeviceKind[], which: (kind: DeviceKind) => string): Promise<MediaStream> {
  const mine = visit
  const found = await navigator.mediaDevices.getUserMedia(Object.fromEntries(kinds.map((kind) => [kind, constraints(kind, which(kind))])))
  if (mine === visit) return found
  for (const track of found.getTracks()) track.stop()
  throw new DOMException('left', 'AbortError')
}

function adopt(found: MediaStream): void {
  stream ??= new MediaStream()
  for (const track of found.getTracks()) {
    const kind = kindOf(track)
    drop(kind)
    stream.addTrack(track)
    if (kind === 'audio') track.enabled = !state.muted
    track.addEventListener('ended', () => lost(kind, track))
    setState(kind, 'on')
  }
  changed()
}

/** Pulled out while in use, or taken by the system: another one will do where it is gone, else it is picked up when it is back. */
function lost(kind: DeviceKind, track: MediaStreamTrack): void {
  if (ownTrack(kind) !== track) return
  drop(kind)
  setState(kind, 'missing')
  void open(kind).then(listDevices)
}

function drop(kind: DeviceKind): void {
  const track = ownTrack(kind)
  if (track === null) return
  stream?.removeTrack(track)
  track.stop()
  changed()
}

async function listDevices(): Promise<void> {
  const all = await inputs()
  const of = (kind: DeviceKind): Device[] => all.filter((one) => one.kind === INPUT[kind]).map(({ deviceId, label }) => ({ id: deviceId, label }))
  state.cameras = of('video')
  state.microphones = of('audio')
  state.cameraId = idOf('video')
  state.microphoneId = idOf('audio')
  state.standIn = { video: standIn('video'), audio: standIn('audio') }
}

/** All cameras and microphones that the browser tells by their ids: before a person allowed any, it tells none. */
async function inputs(): Promise<MediaDeviceInfo[]> {
  return ((await mediaDevices()?.enumerateDevices()) ?? []).filter(({ deviceId }) => deviceId !== '')
}

function keptAmong(kind: DeviceKind, all: readonly MediaDeviceInfo[]): MediaDeviceInfo | undefined {
  const mine = all.filter((one) => one.kind === INPUT[kind])
  const name = localStorage.getItem(NAMED[kind]) ?? ''
  return mine.find(({ deviceId }) => deviceId === preferred(kind)) ?? mine.find(({ label }) => label !== '' && label === name)
}

function standIn(kind: DeviceKind): StandIn | null {
  const kept = preferred(kind)
  if (kept === '' || ownTrack(kind) === null || idOf(kind) === kept) return null
  return { kept: localStorage.getItem(NAMED[kind]) ?? '', used: labelOf(kind, idOf(kind)) }
}

/** Something was plugged in or out: what was missing is taken up by itself, and what another one stood in for. */
async function onDeviceChange(): Promise<void> {
  const there = await inputs()
  for (const kind of ['video', 'audio'] as const) {
    const now = stateOf(kind)
    const back = now === 'on' && standIn(kind) !== null && keptAmong(kind, there) !== undefined
    if (now === 'missing' || now === 'busy' || back) await open(kind)
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

function remember(kind: DeviceKind, id: string, label = labelOf(kind, id)): void {
  localStorage.setItem(WANTED[kind], id)
  localStorage.setItem(NAMED[kind], label)
}

function labelOf(kind: DeviceKind, id: string): string {
  return (kind === 'video' ? state.cameras : state.microphones).find((one) => one.id === id)?.label ?? ''
}

function idOf(kind: DeviceKind): string {
  return ownTrack(kind)?.getSettings().deviceId ?? ''
}

function kindOf(track: MediaStreamTrack): DeviceKind {
  return track.kind === 'video' ? 'video' : 'audio'
}

/** `exact`: among wishes alone, browsers give another camera that fits the wanted size better. */
function constraints(kind: DeviceKind, id: string): MediaTrackConstraints {
  const device = id === '' ? {} : { deviceId: { exact: id } }
  if (kind === 'audio') return { ...device, echoCancellation: true, noiseSuppression: true }
  const { width, height, rate } = profile
  return { ...device, width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: rate, max: rate } }
}

/** Typed as always there, but absent on an insecure origin. */
function mediaDevices(): MediaDevices | null {
  return (navigator.mediaDevices as MediaDevices | undefined) ?? null
}

function reasonOf(thrown: unknown): DeviceState {
  const name = nameOf(thrown)
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'missing'
}

/** An OverconstrainedError is a DOMException in newer browsers only. */
function nameOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown ? String(thrown.name) : ''
}
