/** Who holds the keys in this window: a certificate and its private key, imported twice and never extractable. */
import { type Bytes } from './bytes'
import { type CertificateInfo } from './certificate'

/** Can be cloned into a worker: the keys stay usable and unreadable there. */
export interface Identity {
  /** DER. */
  readonly certificate: Bytes
  /** SHA-256 of the certificate's DER, hex. */
  readonly fingerprint: string
  /** DER of the issuers that came with it. */
  readonly chain: readonly Bytes[]
  readonly info: CertificateInfo
  readonly signKey: CryptoKey
  /** RSA-OAEP decrypt, or ECDH deriveBits. */
  readonly unwrapKey: CryptoKey
}

export const SIGN_ALGORITHM = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const

export const UNWRAP_ALGORITHM = {
  rsa: { name: 'RSA-OAEP', hash: 'SHA-256' },
  ec: { name: 'ECDH', namedCurve: 'P-256' },
} as const

/** A raw signature: PKCS#1 v1.5 for RSA, r|s (64 bytes) for P-256, both with SHA-256. */
export async function sign(identity: Identity, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(SIGN_ALGORITHM[identity.info.kind], identity.signKey, data))
}
