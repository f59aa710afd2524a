/**
 * The national algorithms in the browser, by sm-crypto-v2, which is loaded when the first certificate or tender asks for it: SM2 with
 * the default signer id, SM3, SM4-GCM. Held to the same vectors as the hall (tests/vectors/gm.json). Not a certified module: production
 * keys stay in a token, and keys from a file are for rehearsals.
 */
import { type Bytes, concat, fromHex, hex } from './bytes'

type Library = typeof import('sm-crypto-v2')

const SIGNER_ID = '1234567812345678'
const TAG = 16
/** A SubjectPublicKeyInfo of an SM2 key up to its point: the curve by name, uncompressed. */
const SPKI = '3059301306072a8648ce3d020106082a811ccf5501822d03420004'
const ORDER = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

let library: Promise<Library> | undefined

/** Load the library once. Everything else here is quick and synchronous after it. */
export async function gm(): Promise<Gm> {
  library ??= import('sm-crypto-v2').then(async (loaded) => {
    await loaded.sm2.initRNGPool() // WebCrypto's generator, asked for before the first nonce.
    return loaded
  })
  return new Gm(await library)
}

/** The point (x | y, 64 bytes) of an SM2 key, or null where the SubjectPublicKeyInfo is another key's. */
export function sm2Point(spki: Bytes): Bytes | null {
  const text = hex(spki)
  return text.startsWith(SPKI) && text.length === SPKI.length + 128 ? fromHex(text.slice(SPKI.length)) : null
}

export class Gm {
  constructor(private readonly loaded: Library) {}

  sm3(data: Bytes): Bytes {
    return fromHex(this.loaded.sm3(data))
  }

  hkdf(secret: Bytes, salt: Bytes, info: Bytes, length: number): Bytes {
    return Uint8Array.from(this.loaded.hkdf(secret, salt, info, length))
  }

  /** r | s, 64 bytes. `secret`: 32 bytes; `point`: of the same pair. */
  sign(secret: Bytes, point: Bytes, data: Bytes): Bytes {
    return fromHex(this.loaded.sm2.doSignature(data, hex(secret), { hash: true, publicKey: uncompressed(point), userId: SIGNER_ID }))
  }

  verify(point: Bytes, data: Bytes, signature: Bytes): boolean {
    if (signature.length !== 64) return false
    const halves = [signature.slice(0, 32), signature.slice(32)].map((half) => BigInt(`0x${hex(half)}`))
    if (halves.some((half) => half === 0n || half >= ORDER)) return false
    try {
      return this.loaded.sm2.doVerifySignature(data, hex(signature), uncompressed(point), { hash: true, userId: SIGNER_ID })
    } catch {
      return false
    }
  }

  /** The DER of SM2Cipher (GB/T 35276): x, y, SM3 digest, ciphertext. */
  encrypt(point: Bytes, data: Bytes): Bytes {
    return fromHex(this.loaded.sm2.doEncrypt(data, uncompressed(point), 1, { asn1: true }))
  }

  /** Throws where the key does not open it. */
  decrypt(secret: Bytes, cipher: Bytes): Bytes {
    const plain = Uint8Array.from(this.loaded.sm2.doDecrypt(hex(cipher), hex(secret), 1, { output: 'array', asn1: true }))
    if (plain.length === 0) throw new Error('the key does not open it') // The library answers so to a digest that differs.
    return plain
  }

  /** Ciphertext and tag. */
  seal(key: Bytes, nonce: Bytes, data: Bytes): Bytes {
    const { output, tag } = this.loaded.sm4.encrypt(data, key, { mode: 'gcm', iv: nonce, output: 'array', outputTag: true })
    if (tag === undefined) throw new Error('no tag')
    return concat(output, tag)
  }

  /** Throws where one bit differs; the library checks no tag that it is not given. */
  open(key: Bytes, nonce: Bytes, data: Bytes): Bytes {
    if (data.length < TAG) throw new Error('no tag')
    const tag = data.slice(-TAG)
    return Uint8Array.from(this.loaded.sm4.decrypt(data.slice(0, -TAG), key, { mode: 'gcm', iv: nonce, output: 'array', tag }))
  }

  cbcEncrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes {
    return Uint8Array.from(this.loaded.sm4.encrypt(data, key, { mode: 'cbc', iv, output: 'array' }))
  }

  cbcDecrypt(key: Bytes, iv: Bytes, data: Bytes): Bytes {
    return Uint8Array.from(this.loaded.sm4.decrypt(data, key, { mode: 'cbc', iv, output: 'array' }))
  }

  /** A key pair, for tests and rehearsals. */
  generate(): { secret: Bytes; point: Bytes } {
    const { privateKey, publicKey } = this.loaded.sm2.generateKeyPairHex()
    return { secret: fromHex(privateKey), point: fromHex(publicKey.slice(2)) }
  }
}

function uncompressed(point: Bytes): string {
  return `04${hex(point)}`
}
