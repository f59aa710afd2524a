/** Bytes in and out of text, and the few primitives that every format here is made of. Pure but for WebCrypto. */

/** Bytes with a buffer of their own, which is what WebCrypto asks for. */
export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()

export function utf8(text: string): Bytes {
  return encoder.encode(text)
}

/** Strict UTF-8: throws a TypeError where the bytes are none; a byte order mark stays and so is noticed. */
export function fromUtf8(data: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
}

export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Lowercase hex only; throws a RangeError otherwise. */
export function fromHex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new RangeError('not lowercase hex')
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}

export function base64(data: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < data.length; at += 0x8000) binary += String.fromCharCode(...data.subarray(at, at + 0x8000))
  return btoa(binary)
}

/** Canonical base64 only (padding present, no spare bits, no white space); throws a RangeError otherwise. */
export function fromBase64(text: string): Bytes {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new RangeError('not base64')
  const data = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  if (base64(data) !== text) throw new RangeError('not canonical base64')
  return data
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  // A plain loop: a call for each byte would cost more than decrypting it.
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

export function u32be(value: number): Bytes {
  const data = new Uint8Array(4)
  new DataView(data.buffer).setUint32(0, value)
  return data
}

export function u64be(value: number): Bytes {
  const data = new Uint8Array(8)
  new DataView(data.buffer).setBigUint64(0, BigInt(value))
  return data
}

/** u32be length | bytes, one after another. */
export function lengthPrefixed(...fields: readonly Uint8Array[]): Bytes {
  return concat(...fields.flatMap((field) => [u32be(field.length), field]))
}

export function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length))
}

export async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data))
}

export async function hkdfSha256(secret: Bytes, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8))
}

export async function blobBytes(blob: Blob): Promise<Bytes> {
  return new Uint8Array(await blob.arrayBuffer())
}
