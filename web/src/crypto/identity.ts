/**
 * Who holds the keys: one interface, whether they lie in a file that this window opened or in a token that `hall ukey` reaches. Whoever
 * signs or unwraps says what it is about, because a token's own program shows that to the person and refuses the rest.
 */
import { type SignedAct } from './act'
import { type Bytes } from './bytes'
import { type CertificateInfo } from './certificate'
import { type Place } from './entrusted'
import { type BidHeader, type Suite } from './header'
import { type ReleaseRequest, type ReleaseSituation } from './release'

/** A certificate and what is known of it. */
export interface Holder {
  /** DER. */
  readonly certificate: Bytes
  /** SHA-256 of the certificate's DER, hex. */
  readonly fingerprint: string
  /** DER of the issuers that came with it. */
  readonly chain: readonly Bytes[]
  readonly info: CertificateInfo
  /** The other certificate of a pair (suite GM), to which bids are sealed: DER, and its SHA-256 in hex. */
  readonly recipient?: { readonly certificate: Bytes; readonly fingerprint: string }
}

/** The certificate that a holder's bids are sealed to: its own, or the other one of its pair. */
export function recipientOf(holder: Holder): { readonly certificate: Bytes; readonly fingerprint: string } {
  return holder.recipient ?? holder
}

/** The suite that a holder's key belongs to. */
export function suiteOf(holder: Holder): Suite {
  return holder.info.kind === 'sm2' ? 'GM' : 'INTL'
}

/** What a signature is asked for. The bytes to sign are made from it or checked against it, never taken on trust. */
export type Matter =
  | { readonly kind: 'act'; readonly act: Omit<SignedAct, 'signature'> }
  /** The attributes of a detached CMS signature over the summary of a bid. */
  | { readonly kind: 'summary'; readonly summary: Bytes }
  /** The attributes of a signature in a PDF that is at hand: an opening record. */
  | { readonly kind: 'record'; readonly pdf: Bytes }
  /** The attributes of a signature in a PDF of up to 2 GB; its digest alone is shown. */
  | { readonly kind: 'pdf'; readonly name: string }
  /** The co-signature of a checkpoint of the journal, by supervisor or notary. */
  | { readonly kind: 'checkpoint'; readonly note: string }

/** Why an envelope is to be opened. There is no third reason. */
export type UnwrapReason =
  /** The caller sealed it itself and knows the key that must come out. */
  | { readonly kind: 'self_test'; readonly head: Bytes; readonly cek: Bytes }
  /** The release: the whole case, so that a token's program makes every check itself. */
  | {
      readonly kind: 'release'
      readonly request: ReleaseRequest
      readonly situation: ReleaseSituation
      /** The certificate (DER) that this key had when the bid was sealed, where it was renewed since (clause 5.2.3). */
      readonly earlier?: Bytes
    }

export interface Identity extends Holder {
  /** A raw signature: PKCS#1 v1.5 for RSA, r|s (64 bytes) for P-256, both with SHA-256; r|s for SM2 with SM3. */
  sign(data: Bytes, matter: Matter): Promise<Bytes>
  /** The content key of a sealed bid, checked against its header: envelope_damaged, wrong_context, commit_mismatch. */
  unwrap(header: BidHeader, reason: UnwrapReason): Promise<Bytes>
  /** Open a key's envelope of which this certificate is the custodian; see `openEntrusted` of `entrusted.ts`. */
  openEntrusted(envelope: Bytes, inner: string, place: Place): Promise<Bytes>
  /** Let a worker use the keys: what to post and what to transfer with it. `borrow` makes an Identity of it there. */
  lend(): { readonly lent: Lent; readonly transfer: Transferable[] }
}

/** Imported twice and never extractable: once for signing, once for unwrapping (RSA-OAEP decrypt, or ECDH deriveBits). */
export interface FileKeys extends Holder {
  readonly info: CertificateInfo & { readonly kind: FileKind }
  readonly signKey: CryptoKey
  readonly unwrapKey: CryptoKey
}

/** Keys on their way into a worker. Those of a file go along, unreadable as ever; a token's stay behind the port. */
export type Lent = { readonly kind: 'file'; readonly keys: FileKeys } | { readonly kind: 'port'; readonly holder: Holder; readonly port: MessagePort }

/** The kinds of keys that WebCrypto can hold. */
export type FileKind = 'rsa' | 'ec'

export const SIGN_ALGORITHM = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const

export const UNWRAP_ALGORITHM = {
  rsa: { name: 'RSA-OAEP', hash: 'SHA-256' },
  ec: { name: 'ECDH', namedCurve: 'P-256' },
} as const
