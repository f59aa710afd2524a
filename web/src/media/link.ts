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
/** So long another way may take to be found before the connection is given up; ICE says "disconnected" for a few lost packets as well. */
const DISCONNECTED = 4_000
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

/** Whether the connection stands, or stood until a moment ago: then another way to it may be found (`anotherWay`). */
export function canRestart(peer: RTCPeerConnection | null): peer is RTCPeerConnection {
  return peer?.connectionState === 'connected' || peer?.connectionState === 'disconnected'
}

/**
 * Find another way to the same connection after a change of network (ICE restart): keys and streams stay as they are, and the hall
 * records on in the same file. The old way is used until the new one is found. Throws what `ask` throws.
 */
export async function anotherWay(peer: RTCPeerConnection, ask: (sdp: string) => Promise<{ readonly sdp: string }>): Promise<void> {
  await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }))
  // The hall learns the page's addresses from its checks: there is no candidate to wait for.
  const answer = await ask(peer.localDescription?.sdp ?? '')
  if (peer.signalingState === 'have-local-offer') await peer.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
}

/**
 * Call `onUp` when the connection stands, `onShaken` when packets are lost on the way, and `onDown` once when it is lost or never came;
 * gives how to stop listening.
 */
export function guard(peer: RTCPeerConnection, onUp: () => void, onShaken: () => void, onDown: () => void): () => void {
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
      onShaken()
    } else if (peer.connectionState === 'connected') {
      clearTimeout(limit)
      onUp()
    }
  }
  peer.addEventListener('connectionstatechange', look)
  peer.addEventListener('iceconnectionstatechange', look)
  return stop
}

const suspecting = new Set<() => void>()

/** What is sent gets no answer any more: whatever this page sends and receives may have to come another way. */
export function suspectNetwork(): void {
  for (const changed of [...suspecting]) changed()
}

/** When the hall last reported what arrives there, which it does each second; 0 where it never did. */
export async function lastReport(peer: RTCPeerConnection): Promise<number> {
  let last = 0
  for (const one of (await peer.getStats()).values() as Iterable<{ type: string; timestamp: number }>) {
    if (one.type === 'remote-inbound-rtp') last = Math.max(last, one.timestamp)
  }
  return last
}

/** Call `changed` when this computer has come to another network, or back to one, or seems to have; gives how to stop. */
export function onNetworkChange(changed: () => void): () => void {
  // Not in TypeScript's DOM library, and not in every browser. It speaks of each new guess at the speed as well.
  const connection = (navigator as Navigator & { connection?: EventTarget & { readonly type?: string } }).connection
  let type = connection?.type
  function look(): void {
    if (connection?.type === type) return
    type = connection?.type
    changed()
  }
  suspecting.add(changed)
  window.addEventListener('online', changed)
  connection?.addEventListener('change', look)
  return () => {
    suspecting.delete(changed)
    window.removeEventListener('online', changed)
    connection?.removeEventListener('change', look)
  }
}

/** Whether this browser can show H.264, as most senders send it. Debian's Firefox cannot. */
export function showsH264(): boolean {
  return RTCRtpReceiver.getCapabilities('video')?.codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'video/h264') ?? false
}
