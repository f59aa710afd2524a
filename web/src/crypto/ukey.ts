/**
 * Keys in a token, reached through `hall ukey` on this computer: a loopback socket, a pairing that each side proves to the other, and
 * requests that say what they are about. The program builds what it signs itself, asks its person and makes every check of a release;
 * nothing here can make it sign bytes or open an envelope as such (docs/ukey.md).
 */
import { Failure, type Facts } from '@/failure'
import { type Bytes, base64, fromBase64, hex, random, sha256, utf8 } from './bytes'
import { type CertificateInfo, certificateInfo } from './certificate'
import { type Place } from './entrusted'
import { lendByPort } from './holding'
import { type Identity, type Matter, type UnwrapReason } from './identity'

/** Where the program listens unless it was told otherwise. */
export const PORTS = [47613, 47614, 47615]
const PATH = '/hall-ukey/1'

/** What this browser profile keeps of its pairing with the program. */
export interface Pairing {
  readonly pairing: string
  readonly secret: string
}

export interface TokenCertificate {
  readonly token: string
  readonly fingerprint: string
  readonly info: CertificateInfo
}

type Answer = Readonly<Record<string, unknown>>

export interface UkeyEvents {
  /** How many requests the person at the program has still to answer. */
  readonly onWaiting: (requests: number) => void
  readonly onClose: () => void
}

/** One connection to the program. */
export class Ukey {
  /** Whether this profile is paired; until then only `pair` and `enterCode` are answered. */
  paired = false
  #waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (failure: Failure) => void }>()
  #next = 1
  #persons = 0

  private constructor(
    private readonly socket: WebSocket,
    private readonly events: UkeyEvents,
  ) {
    socket.onmessage = ({ data }: MessageEvent<string>): void => this.#answered(JSON.parse(data) as Answer)
    socket.onclose = (): void => {
      this.#waiting.forEach(({ reject }) => reject(new Failure('ukey_gone')))
      this.#waiting.clear()
      events.onWaiting(0)
      events.onClose()
    }
  }

  /**
   * Find the program on one of `ports`, and prove the pairing where there is one. Codes: ukey_not_running, ukey_version,
   * ukey_not_genuine (something else answers there and does not know the pairing's secret).
   */
  static async connect(ports: readonly number[], pairing: Pairing | null, events: UkeyEvents): Promise<Ukey> {
    for (const port of ports) {
      const socket = await opened(`ws://127.0.0.1:${port}${PATH}`)
      if (socket === null) continue
      const nonce = hex(random(16))
      const hello = await greeted(socket, { hall_ukey: 1, pairing: pairing?.pairing ?? '', nonce })
      const ukey = new Ukey(socket, events)
      if (pairing !== null && hello['paired'] === true) {
        if (hello['proof'] !== (await proof(pairing.secret, 'program', nonce))) {
          socket.close()
          throw new Failure('ukey_not_genuine')
        }
        await ukey.#ask('prove', { proof: await proof(pairing.secret, 'page', String(hello['nonce'])) })
        ukey.paired = true
      }
      return ukey
    }
    throw new Failure('ukey_not_running')
  }

  /** Ask the program to show a pairing code. `name` is how it will call this browser. */
  async pair(name: string): Promise<void> {
    await this.#ask('pair', { name })
  }

  /** Pair with the code that the program shows. Codes: pairing_code_wrong, pairing_code_expired, pairing_locked. */
  async enterCode(code: string): Promise<Pairing> {
    const { pairing, secret } = await this.#ask('pair_code', { code })
    this.paired = true
    return { pairing: String(pairing), secret: String(secret) }
  }

  /** The certificates of every token; those of kinds this hall does not take are left out. Code: token_absent. */
  async certificates(): Promise<TokenCertificate[]> {
    const { certificates } = (await this.#ask('certificates', {})) as unknown as { certificates: { token: string; certificate: string }[] }
    const read = certificates.map(async ({ token, certificate }) => {
      const der = fromBase64(certificate)
      return { token, fingerprint: hex(await sha256(der)), info: certificateInfo(der) }
    })
    return (await Promise.allSettled(read)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  }

  /** Have the program ask for the PIN. Codes: pin_wrong, pin_wrong_few, pin_wrong_last, pin_locked, consent_refused, token_absent. */
  async open(fingerprint: string): Promise<Identity> {
    const { certificate, chain } = await this.#ask('open', { certificate: fingerprint }, true)
    const der = fromBase64(String(certificate))
    const holder = { certificate: der, fingerprint: hex(await sha256(der)), chain: (chain as string[]).map(fromBase64), info: certificateInfo(der) }
    if (holder.fingerprint !== fingerprint) throw new Failure('another_certificate')
    const identity: Identity = {
      ...holder,
      sign: (data, matter) => this.#sign(fingerprint, data, matter),
      unwrap: (_, reason) => this.#unwrap(fingerprint, reason),
      openEntrusted: (envelope, inner, place) => this.#openEntrusted(fingerprint, envelope, inner, place),
      lend: () => lendByPort(identity),
    }
    return identity
  }

  close(): void {
    this.socket.close()
  }

  async #sign(certificate: string, data: Bytes, matter: Matter): Promise<Bytes> {
    const { signature } = await this.#ask(`sign_${matter.kind}`, { certificate, ...aboutOf(data, matter) }, true)
    return fromBase64(String(signature))
  }

  async #unwrap(certificate: string, reason: UnwrapReason): Promise<Bytes> {
    if (reason.kind === 'self_test') {
      const given = { certificate, head: base64(reason.head), content_key: base64(reason.cek) }
      if ((await this.#ask('self_test', given))['passed'] !== true) throw new Failure('envelope_damaged')
      return reason.cek
    }
    const { request, situation, earlier } = reason
    const { windowStart, windowEnd, ...seen } = situation
    const answer = await this.#ask(
      'release',
      {
        certificate,
        head: base64(request.head),
        statement: request.statement,
        command: request.command,
        pinned: request.pinned.map(base64),
        ...(earlier === undefined ? {} : { earlier: base64(earlier) }),
        situation: { ...seen, now: Math.round(seen.now), window_start: windowStart, window_end: windowEnd },
      },
      true,
    )
    return fromBase64(String(answer['content_key']))
  }

  async #openEntrusted(certificate: string, envelope: Bytes, inner: string, place: Place): Promise<Bytes> {
    const given = { certificate, envelope: base64(envelope), inner, ...place, salt: hex(place.salt) }
    return fromBase64(String((await this.#ask('open_entrusted', given, true))['content']))
  }

  async #ask(what: string, given: object, asksPerson = false): Promise<Answer> {
    if (this.socket.readyState !== WebSocket.OPEN) throw new Failure('ukey_gone')
    const id = this.#next++
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.socket.send(JSON.stringify({ id, do: what, ...given }))
    if (!asksPerson) return answer
    this.#persons++
    this.events.onWaiting(this.#persons)
    return answer.finally(() => {
      this.#persons--
      this.events.onWaiting(this.#persons)
    })
  }
  #answered(message: Answer): void {
    const id = message['id'] as number
    const one = this.#waiting.get(id)
    this.#waiting.delete(id)
    if ('ok' in message) one?.resolve(message['ok'] as Answer)
    else one?.reject(refusal(message['error']))
  }
}

function aboutOf(data: Bytes, matter: Matter): object {
  switch (matter.kind) {
    case 'act':
      return { act: matter.act }
    case 'summary':
      return { summary: base64(matter.summary), attributes: base64(data) }
    case 'record':
      return { pdf: base64(matter.pdf), attributes: base64(data) }
    case 'pdf':
      return { name: matter.name, attributes: base64(data) }
    case 'checkpoint':
      // The moment stands in the bytes alone, in their second line: "time <POSIX seconds>".
      return { note: matter.note, at: Number(/^time (\d+)$/m.exec(new TextDecoder().decode(data))?.[1]) }
  }
}

function refusal(error: unknown): Failure {
  const { code, facts } = error as { code: string; facts: Facts }
  const tries = { few: 'pin_wrong_few', one: 'pin_wrong_last' }[String(facts['tries'])]
  return new Failure(code === 'pin_wrong' ? (tries ?? code) : code, facts)
}

/** HMAC-SHA256 over the other side's nonce and this page's origin; `side` keeps the two proofs apart. */
async function proof(secret: string, side: 'page' | 'program', nonce: string): Promise<string> {
  const bytes = Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return hex(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(`hall ukey/1\0${side}\0${nonce}\0${location.origin}`))))
}

/** A socket, or null where nobody listens or this page may not connect: browsers tell the two apart to nobody. */
function opened(url: string): Promise<WebSocket | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url)
    socket.onopen = (): void => resolve(socket)
    socket.onerror = (): void => resolve(null)
  })
}

function greeted(socket: WebSocket, hello: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    socket.onclose = (): void => reject(new Failure('ukey_gone'))
    socket.onmessage = ({ data }: MessageEvent<string>): void => {
      const answer = JSON.parse(data) as Answer
      if ('error' in answer) reject(refusal(answer['error']))
      else resolve(answer)
    }
    socket.send(JSON.stringify(hello))
  })
}
