/**
 * The questions of a self-check to browser, computer and network (clause 4.9). The envelope of the trial decryption is made here, of a key
 * that is thrown away: none that the hall could send is ever opened as a trial.
 */
import { seal } from '@/crypto/bidseal'
import { type Identity } from '@/crypto/identity'
import { sealedFolder } from '@/crypto/sealedfiles'
import { memorySink } from '@/crypto/sink'
import { asFailure } from '@/failure'
import { type VideoProfile, ownDevices, startCamera, stopCamera } from '@/media/camera'
import { get } from '@/wire/http'
import { getTime } from '@/wire/api'
import { machineAhead } from '@/wire/halltime'
import { type HallFacts, type Result, judgeBrowser, judgeClock, judgeDevice, judgeMedia, judgeNetwork, judgeStorage, result } from './judge'

interface IceAnswer {
  readonly ice_servers: readonly { readonly urls: string | readonly string[]; readonly username?: string; readonly credential?: string }[]
}

const QUESTIONS = 3
/** Milliseconds for finding ways through the network. */
const GATHERING = 8_000
const SAMPLE = 256 * 1024

export function browser(): Result {
  const needed: Readonly<Record<string, boolean>> = {
    webcrypto: (crypto as { subtle?: SubtleCrypto }).subtle !== undefined,
    workers: typeof Worker === 'function',
    webrtc: typeof RTCPeerConnection === 'function',
    websocket: typeof WebSocket === 'function',
    streams: typeof ReadableStream === 'function',
    wasm: typeof WebAssembly === 'object',
  }
  return judgeBrowser(Object.keys(needed).filter((name) => needed[name] !== true))
}

export function secure(): Result {
  return isSecureContext ? result('secure', 'green') : result('secure', 'red', 'insecure')
}

export async function storage(): Promise<Result> {
  const disk = await sealedFolder().then(() => true, () => false)
  const { quota, usage } = await navigator.storage.estimate().catch(() => ({ quota: undefined, usage: undefined }))
  return judgeStorage(quota === undefined || usage === undefined ? null : quota - usage, disk)
}

/** Camera and microphone as the room will ask for them, the chosen ones first; they stay on, so that the person sees and hears itself. */
export async function devices(profile: VideoProfile): Promise<readonly [Result, Result]> {
  stopCamera()
  await startCamera(profile)
  const { camera, microphone, standIn } = ownDevices
  return [judgeDevice('camera', camera, standIn.video !== null), judgeDevice('microphone', microphone, standIn.audio !== null)]
}

/** rehearsal: hall time is not the world's there, and a computer's clock is compared with nothing. */
export async function network(rehearsal: boolean): Promise<readonly [Result, Result]> {
  const times: number[] = []
  for (let n = 0; n < QUESTIONS; n++) {
    const began = performance.now()
    try {
      await getTime()
      times.push(performance.now() - began)
    } catch {
      // What was not answered is no time.
    }
  }
  return [judgeNetwork(times), rehearsal ? result('clock', 'green', 'rehearsal') : judgeClock(machineAhead())]
}

/** opening: whose relays are asked; '' before anybody is logged in. */
export async function media(opening: string): Promise<readonly [Result, Result]> {
  if (typeof RTCPeerConnection !== 'function') return judgeMedia([], 0)
  const servers = opening === '' ? [] : await get<IceAnswer>(`/api/openings/${encodeURIComponent(opening)}/ice`).then((answer) => answer.ice_servers, () => [])
  const peer = new RTCPeerConnection({ iceServers: servers.map((one) => ({ ...one, urls: typeof one.urls === 'string' ? one.urls : [...one.urls] })) })
  try {
    const kinds: string[] = []
    peer.createDataChannel('check')
    const gathered = new Promise<void>((resolve) => {
      peer.onicecandidate = ({ candidate }): void => {
        if (candidate === null) resolve()
        else if (candidate.candidate !== '') kinds.push(`${candidate.type ?? 'host'} ${candidate.protocol ?? 'udp'}`)
      }
      setTimeout(resolve, GATHERING)
    })
    await peer.setLocalDescription(await peer.createOffer())
    await gathered
    return judgeMedia(kinds, servers.length)
  } finally {
    peer.close()
  }
}

export function hallFacts(opening: string): Promise<HallFacts> {
  return get<HallFacts>(`/api/self-check?opening=${encodeURIComponent(opening)}`)
}

/** Seal a small sample to the own certificate, and open it again with the very key. */
export async function sealing(identity: Identity): Promise<readonly [Result, Result]> {
  let sealed = false
  try {
    const request = { tender: 'self-check', lot: 'self-check', bidder: 'self-check', name: 'sample', plaintext: new Blob([new Uint8Array(SAMPLE)]) }
    await seal(request, identity, memorySink(), (part, fraction) => {
      sealed ||= part === 'testing' || fraction >= 1
    })
    return [result('decryption', 'green'), result('sealing', 'green')]
  } catch (thrown) {
    const { code } = asFailure(thrown)
    return [result('decryption', 'red', code), sealed ? result('sealing', 'green') : result('sealing', 'red', code)]
  }
}
