/** What the two cipher suites derive keys and encrypt payloads with: WebCrypto's own, or the national algorithms, loaded when needed. */
import { type Bytes, hkdfSha256 } from './bytes'
import { gm } from './gm'
import { type Suite } from './header'

/** One segment of a payload at a time; `open` throws where a bit differs. */
export interface PayloadCipher {
  seal(nonce: Bytes, data: Bytes): Promise<Bytes>
  open(nonce: Bytes, data: Bytes): Promise<Bytes>
}

export async function hkdf(suite: Suite, secret: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  return suite === 'GM' ? (await gm()).hkdf(secret, salt, info, length) : hkdfSha256(secret, salt, info, length)
}

/** AES-256-GCM, or SM4-GCM with a key of 16 bytes, derived from the content key for this very header. */
export async function payloadCipher(suite: Suite, cek: Bytes, salt: Bytes, aad: Bytes): Promise<PayloadCipher> {
  if (suite === 'GM') {
    const national = await gm()
    const key = national.hkdf(cek, salt, aad, 16)
    return {
      seal: (nonce, data) => Promise.resolve(national.seal(key, nonce, data)),
      open: async (nonce, data) => Promise.resolve(national.open(key, nonce, data)),
    }
  }
  const key = await crypto.subtle.importKey('raw', await hkdfSha256(cek, salt, aad, 32), 'AES-GCM', false, ['encrypt', 'decrypt'])
  return {
    seal: async (iv, data) => new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, data)),
    open: async (iv, data) => new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, data)),
  }
}
