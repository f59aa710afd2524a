import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { PASSWORD, makeP12 } from '../../tests/pki'
import { ZERO_DIGEST, signAct, verifyAct } from './act'
import { seal } from './bidseal'
import { base64, hex, utf8 } from './bytes'
import { type Identity } from './identity'
import { openP12 } from './p12'
import { memorySink } from './sink'
import { type Pairing, Ukey } from './ukey'

/** The program's side of the socket: answers what it is told to, and keeps what it was asked. */
interface Program {
  readonly port: number
  readonly secret: string
  readonly asked: Record<string, unknown>[]
  readonly answer: (message: Record<string, unknown>) => Promise<unknown>
}

const PAIRING: Pairing = { pairing: 'p', secret: 'ab'.repeat(32) }
const NONCE = '12'.repeat(16)
const context = { origin: 'hall', tender: 'T1', lot: '1', opening: 'O', deadline: 1, epoch: 0, manifest: ZERO_DIGEST, tree_size: 0, tree_root: ZERO_DIGEST, server_nonce: '00'.repeat(16) }
let token: Identity
let program: Program

async function proof(secret: string, side: string, nonce: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(secret.match(/../g) ?? [], (pair) => parseInt(pair, 16)), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return hex(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(`hall ukey/1\0${side}\0${nonce}\0https://hall.example`))))
}

class Socket {
  static readonly OPEN = 1
  readyState = 0
  onopen?: () => void
  onerror?: () => void
  onclose?: () => void
  onmessage?: (event: { data: string }) => void

  constructor(url: string) {
    queueMicrotask(() => {
      const there = url.includes(`:${program.port}/`)
      this.readyState = there ? 1 : 3
      if (there) this.onopen?.()
      else this.onerror?.()
    })
  }

  send(data: string): void {
    void this.#answer(JSON.parse(data) as Record<string, unknown>)
  }

  close(): void {
    this.readyState = 3
    this.onclose?.()
  }

  async #answer(message: Record<string, unknown>): Promise<void> {
    if ('hall_ukey' in message) {
      const given = await proof(program.secret, 'program', String(message['nonce']))
      this.onmessage?.({ data: JSON.stringify({ hall_ukey: 1, paired: message['pairing'] === 'p', nonce: NONCE, proof: given }) })
      return
    }
    program.asked.push(message)
    const { id } = message
    try {
      this.onmessage?.({ data: JSON.stringify({ id, ok: await program.answer(message) }) })
    } catch (thrown) {
      this.onmessage?.({ data: JSON.stringify({ id, error: thrown }) })
    }
  }
}

const events = { onWaiting: (): void => undefined, onClose: (): void => undefined }
const running = (answer: Program['answer'], more: Partial<Program> = {}): void => {
  program = { port: 47614, secret: PAIRING.secret, asked: [], answer, ...more }
}
const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no failure', (thrown: { code: string }) => thrown.code)

/** Signs as a token does, whatever it is asked. */
const signing: Program['answer'] = async (message) => {
  if (message['do'] === 'open') return { certificate: base64(token.certificate), chain: [] }
  if (message['do'] === 'self_test') return { passed: true }
  const bytes = message['do'] === 'sign_act' ? signedNow : utf8('?')
  return message['do'] === 'prove' ? {} : { signature: base64(await token.sign(bytes, { kind: 'pdf', name: '' })) }
}
let signedNow = utf8('')

beforeAll(async () => {
  token = await openP12(makeP12('ukey', 'ec'), PASSWORD)
})
afterEach(() => vi.unstubAllGlobals())

describe('the program of a token', () => {
  const connect = (pairing: Pairing | null = PAIRING): Promise<Ukey> => {
    vi.stubGlobal('WebSocket', Socket)
    vi.stubGlobal('location', { origin: 'https://hall.example' })
    return Ukey.connect([47613, 47614], pairing, events)
  }

  it('is looked for on its ports, and what is missing is said', async () => {
    running(signing, { port: 1 })
    expect(await code(connect())).toBe('ukey_not_running')
  })

  it('is asked nothing before it proved the pairing, which a stranger on its port cannot', async () => {
    running(signing, { secret: 'cd'.repeat(32) })
    expect(await code(connect())).toBe('ukey_not_genuine')
    expect(program.asked).toEqual([])
  })

  it('gets this page’s proof of the pairing', async () => {
    running(signing)
    expect((await connect()).paired).toBe(true)
    expect(program.asked).toMatchObject([{ do: 'prove', proof: await proof(PAIRING.secret, 'page', NONCE) }])
  })

  it('is told what an act says, and its signature is the act’s', async () => {
    running(signing)
    const identity = await (await connect()).open(token.fingerprint)
    const spied = { ...identity, sign: ((data, matter) => ((signedNow = data), identity.sign(data, matter))) as Identity['sign'] }
    const act = await signAct(spied, 'login', context, { purpose: 'login' })
    expect(await verifyAct(act, token.certificate)).toBe(true)
    expect(program.asked[program.asked.length - 1]).toMatchObject({ do: 'sign_act', act: { type: 'login', tender: 'T1', body: '{"purpose":"login"}' } })
  })

  it('tests a seal by a key that this page knows already', async () => {
    running(signing)
    const identity = await (await connect()).open(token.fingerprint)
    const request = { tender: 'T1', lot: '1', bidder: 'jia', name: 'bid.zip', plaintext: new Blob(['bid']) }
    await seal(request, identity, memorySink(), () => undefined)
    expect(program.asked[program.asked.length - 1]?.['do']).toBe('self_test')
    running((message) => (message['do'] === 'self_test' ? Promise.resolve({ passed: false }) : signing(message)))
    expect(await code(seal(request, identity, memorySink(), () => undefined))).toBe('envelope_damaged')
  })

  it.each([
    ['few', 'pin_wrong_few'],
    ['one', 'pin_wrong_last'],
    ['some', 'pin_wrong'],
  ])('says of a wrong PIN that %s tries are left', async (tries, expected) => {
    running((message) => (message['do'] === 'open' ? Promise.reject({ code: 'pin_wrong', facts: { tries } }) : signing(message)))
    expect(await code((await connect()).open(token.fingerprint))).toBe(expected)
  })

  it('that ended leaves no request waiting', async () => {
    running((message) => (message['do'] === 'open' ? new Promise(() => undefined) : signing(message)))
    const ukey = await connect()
    const opening = code(ukey.open(token.fingerprint))
    ukey.close()
    expect(await opening).toBe('ukey_gone')
    expect(await code(ukey.certificates())).toBe('ukey_gone')
  })
})
