/** What the hall gives to devices that can't log in, and takes of recordings made elsewhere; docs/protocol.md lists the calls. */
import { hex, sha256 } from '@/crypto/bytes'
import { Failure } from '@/failure'
import { get, post, put, remove } from './http'

export interface DeviceToken {
  readonly id: string
  readonly participant: string
  readonly until: number
}

/** A token just made: its text is never shown again. */
export interface NewToken extends DeviceToken {
  readonly token: string
}

const SLICE = 8 << 20
const TRIES = 5
const PAUSE = 2_000

const at = (opening: string, rest: string): string => `/api/openings/${encodeURIComponent(opening)}/${rest}`
const external = (opening: string, recording: string, digest: string): string => at(opening, `external/${encodeURIComponent(recording)}/${digest}`)

export const getTokens = async (opening: string): Promise<readonly DeviceToken[]> => (await get<{ tokens: DeviceToken[] }>(at(opening, 'tokens'))).tokens

export const makeToken = (opening: string, participant: string, minutes: number): Promise<NewToken> => post(at(opening, 'tokens'), { participant, minutes })

export const revokeToken = (opening: string, id: string): Promise<void> => remove(at(opening, `tokens/${encodeURIComponent(id)}`))

/** Where an encoder sends to. */
export const whipAddress = (opening: string): string => `${location.origin}${at(opening, 'whip')}`

/** Bytes that the hall has of a file that an act has attached. */
export const recordingReceived = async (opening: string, recording: string, digest: string): Promise<number> => (await get<{ received: number }>(external(opening, recording, digest))).received

/**
 * Send a file that an act has attached, from where an earlier try stopped. told: bytes that the hall has.
 * Throws Failure: the hall's code, or `connection_lost` when it did not come back.
 */
export async function sendRecording(opening: string, recording: string, digest: string, file: Blob, told: (received: number) => void): Promise<void> {
  const path = external(opening, recording, digest)
  for (let tries = 0; ; tries += 1) {
    try {
      let received = await recordingReceived(opening, recording, digest)
      told(received)
      while (received < file.size) {
        const slice = new Uint8Array(await file.slice(received, received + SLICE).arrayBuffer())
        const headers = { 'X-Slice-SHA256': hex(await sha256(slice)), 'Content-Type': 'application/octet-stream' }
        received = (await put<{ received: number }>(`${path}?offset=${received}`, slice, headers)).received
        tries = 0
        told(received)
      }
      return
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'connection_lost' || tries >= TRIES) throw thrown
      await new Promise((done) => setTimeout(done, PAUSE))
    }
  }
}
