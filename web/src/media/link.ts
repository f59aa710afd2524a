/**
 * What sending and watching share: how to reach the hall (ICE servers), an offer with all its candidates in it, and an ear for
 * trouble: a connection that ICE has given up, one that never came to be, a network that changed under it.
 */
import { get } from '@/wire/http'

interface IceAnswer {
  readonly ice_servers: readonly { readonly urls: string | readonly string[]; readonly username?: string; readonly credential?: string }[]
  readonly relay_only: boolean
}

/** Credentials of the relay live for hours; asking again this often is early enough. */
const FRESH = 10 * 60_000
const GATHERING = 2_000
/** ICE says "disconnected" for a lost packet or two as well; what lasts longer does not come back by itself soon enough. */
const DISCONNECTED = 2_000
const NEVER_CONNECTED = 8_000

let known: { opening: string; at: number; configuration: RTCConfiguration } | null = null

/** How to reach the hall's media from here. A hall that does not answer is tried directly. */
export async function iceConfiguration(opening: string): Promise<RTCConfiguration> {
  if (known !== null && known.opening === opening && performance.now() - known.at < FRESH) return known.configuration
  const configuration: RTCConfiguration = { iceServers: [], bundlePolicy: 'max-bundle' }
  try {
    const answer = await get<IceAnswer>(`/api/openings/${encodeURIComponent(opening)}/ice`)
    configuration.iceServers = answer.ice_servers.map((one) => ({ ...one, urls: typeof one.urls === 'string' ? one.urls : [...one.urls] }))
    if (answer.relay_only) configuration.iceTransportPolicy = 'relay'
    known = { opening, at: performance.now(), configuration }
  } catch {
    // Media must not depend on one more answer; the next attempt asks again.
  }
  return configuration
}

/** An offer with all candidates in it: the hall answers once. */
export async function gatheredOffer(peer: RTCPeerConnection): Promise<string> {
  await peer.setLocalDescription(await peer.createOffer())
  if (peer.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, GATHERING) // A host without a network interface gathers for ever.
      peer.addEventListener('icegatheringstatechange', () => {
        if (peer.iceGatheringState !== 'complete') return
        clearTimeout(limit)
        resolve()
      })
    })
  }
  return peer.localDescription?.sdp ?? ''
}

/** Call `onUp` when the connection stands, and `onDown` once when it is lost or never came; gives how to stop listening. */
export function guard(peer: RTCPeerConnection, onUp: () => void, onDown: () => void): () => void {
  let ended = false
  let limit = setTimeout(down, NEVER_CONNECTED)
  function stop(): void {
    ended = true
    clearTimeout(limit)
    peer.removeEventListener('connectionstatechange', look)
    peer.removeEventListener('iceconnectionstatechange', look)
  }
  function down(): void {
    if (ended) return
    stop()
    onDown()
  }
  function look(): void {
    if (ended) return
    if (peer.connectionState === 'failed' || peer.connectionState === 'closed' || peer.iceConnectionState === 'failed') down()
    else if (peer.iceConnectionState === 'disconnected') {
      clearTimeout(limit)
      limit = setTimeout(down, DISCONNECTED)
    } else if (peer.connectionState === 'connected') {
      clearTimeout(limit)
      onUp()
    }
  }
  peer.addEventListener('connectionstatechange', look)
  peer.addEventListener('iceconnectionstatechange', look)
  return stop
}

/** Call `changed` when this computer has come to another network, or back to one; gives how to stop. */
export function onNetworkChange(changed: () => void): () => void {
  // Not in TypeScript's DOM library, and not in every browser. It speaks of each new guess at the speed as well.
  const connection = (navigator as Navigator & { connection?: EventTarget & { readonly type?: string } }).connection
  let type = connection?.type
  function look(): void {
    if (connection?.type === type) return
    type = connection?.type
    changed()
  }
  window.addEventListener('online', changed)
  connection?.addEventListener('change', look)
  return () => {
    window.removeEventListener('online', changed)
    connection?.removeEventListener('change', look)
  }
}

/** Whether this browser can show H.264, as most senders send it. Debian's Firefox cannot. */
export function showsH264(): boolean {
  return RTCRtpReceiver.getCapabilities('video')?.codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'video/h264') ?? false
}
