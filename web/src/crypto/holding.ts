/** The two ways keys are held in a window or worker: as the non-extractable keys of a file, or on the other side of a port. */
import { Failure, type Facts, asFailure } from '@/failure'
import { openEnvelope } from './bidseal'
import { type Bytes } from './bytes'
import { unwrapEnvelope } from './envelope'
import { contentOf } from './entrusted'
import { type BidHeader } from './header'
import { type FileKeys, type Holder, type Identity, type Lent, type Matter, SIGN_ALGORITHM, type UnwrapReason } from './identity'

/** The keys of a PKCS#12 file. Its program is this page: the reasons given are for tokens, the checks were made before. */
export function fileIdentity(keys: FileKeys): Identity {
  const { certificate, fingerprint, chain, info, signKey, unwrapKey } = keys
  return {
    certificate,
    fingerprint,
    chain,
    info,
    sign: async (data) => new Uint8Array(await crypto.subtle.sign(SIGN_ALGORITHM[info.kind], signKey, data)),
    unwrap: (header) => openEnvelope(header, certificate, unwrapKey),
    openEntrusted: async (envelope, inner, place) => contentOf(await unwrapEnvelope(envelope, certificate, unwrapKey), inner, place),
    lend: () => ({ lent: { kind: 'file', keys: { certificate, fingerprint, chain, info, signKey, unwrapKey } }, transfer: [] }),
  }
}

type Asked =
  | { readonly id: number; readonly ask: 'sign'; readonly data: Bytes; readonly matter: Matter }
  | { readonly id: number; readonly ask: 'unwrap'; readonly header: BidHeader; readonly reason: UnwrapReason }
type Answered = { readonly id: number; readonly given: Bytes } | { readonly id: number; readonly code: string; readonly facts: Facts }

/** Serve an identity's operations to a worker, whose own `borrow` makes an identity of what is posted. */
export function lendByPort(identity: Identity): { lent: Lent; transfer: Transferable[] } {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = ({ data }: MessageEvent<Asked>): void => {
    const answer = data.ask === 'sign' ? identity.sign(data.data, data.matter) : identity.unwrap(data.header, data.reason)
    answer.then(
      (given) => port1.postMessage({ id: data.id, given }),
      (thrown: unknown) => port1.postMessage({ id: data.id, ...plain(thrown) }),
    )
  }
  return { lent: { kind: 'port', holder: holderOf(identity), port: port2 }, transfer: [port2] }
}

/** In a worker: the identity that the window lent. */
export function borrow(lent: Lent): Identity {
  return lent.kind === 'file' ? fileIdentity(lent.keys) : overPort(lent.holder, lent.port)
}

function overPort(holder: Holder, port: MessagePort): Identity {
  const waiting = new Map<number, { resolve: (given: Bytes) => void; reject: (failure: Failure) => void }>()
  let next = 0
  port.onmessage = ({ data }: MessageEvent<Answered>): void => {
    const one = waiting.get(data.id)
    waiting.delete(data.id)
    if ('given' in data) one?.resolve(data.given)
    else one?.reject(new Failure(data.code, data.facts))
  }
  const ask = (what: Omit<Extract<Asked, { ask: 'sign' }>, 'id'> | Omit<Extract<Asked, { ask: 'unwrap' }>, 'id'>): Promise<Bytes> =>
    new Promise((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      port.postMessage({ ...what, id })
    })
  return {
    ...holder,
    sign: (data, matter) => ask({ ask: 'sign', data, matter }),
    unwrap: (header, reason) => ask({ ask: 'unwrap', header, reason }),
    openEntrusted: () => Promise.reject(new Error('Custodians open nothing in a worker.')),
    lend: () => {
      throw new Error('A borrowed key is not lent again.')
    },
  }
}

function holderOf({ certificate, fingerprint, chain, info, recipient }: Holder): Holder {
  return { certificate, fingerprint, chain, info, ...(recipient && { recipient }) }
}

function plain(thrown: unknown): { code: string; facts: Facts } {
  const { code, facts } = asFailure(thrown)
  return { code, facts }
}
