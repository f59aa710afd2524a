/**
 * PKCS#12 files, opened in the browser. The private key goes straight into WebCrypto, non-extractable: once for signing, once for
 * unwrapping. Codes: damaged_certificate_file, wrong_password, unsupported_key.
 */
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { Failure } from '@/failure'
import { type Bytes, hex, random, sha256, utf8 } from './bytes'
import { certificateInfo, verifySignature } from './certificate'
import { fileIdentity } from './holding'
import { type FileKeys, type Identity, SIGN_ALGORITHM, UNWRAP_ALGORITHM } from './identity'

/** What a file holds, still as bytes: the first key as PKCS#8 and every certificate. */
export interface Contents {
  readonly pkcs8: Bytes
  readonly certificates: readonly Bytes[]
}

const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const KEY_BAG = '1.2.840.113549.1.12.10.1.1'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
// pkcs-12PbeIds (RC2, 3DES): WebCrypto has neither cipher.
const LEGACY_SCHEMES = Uint8Array.of(0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01)

export async function openP12(file: Bytes, password: string): Promise<Identity> {
  const contents = hasLegacyScheme(file)
    ? (await import('./p12legacy')).readLegacy(file, password)
    : await readModern(file, password)
  return fileIdentity(await toKeys(contents))
}

async function readModern(file: Bytes, password: string): Promise<Contents> {
  let pfx: pkijs.PFX
  try {
    pfx = pkijs.PFX.fromBER(file)
  } catch {
    throw new Failure('damaged_certificate_file')
  }
  const secret = utf8(password).buffer
  try {
    await pfx.parseInternalValues({ password: secret, checkIntegrity: pfx.macData !== undefined })
  } catch {
    // A wrong password and a changed byte look the same to the MAC; the words for this code name both.
    throw new Failure('wrong_password')
  }
  try {
    return await readSafes(pfx, secret)
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown
    throw new Failure(pfx.macData === undefined ? 'wrong_password' : 'damaged_certificate_file')
  }
}

async function readSafes(pfx: pkijs.PFX, password: ArrayBuffer): Promise<Contents> {
  const safe = pfx.parsedValue?.authenticatedSafe
  if (safe === undefined) throw new Failure('damaged_certificate_file')
  await safe.parseInternalValues({
    safeContents: safe.safeContents.map((content) => (content.contentType === ENCRYPTED_DATA ? { password } : {})),
  })
  const parsed = safe.parsedValue as { safeContents: { value: pkijs.SafeContents }[] }
  let key: pkijs.PrivateKeyInfo | undefined
  const certificates: Bytes[] = []
  for (const bag of parsed.safeContents.flatMap((content) => content.value.safeBags)) {
    if (bag.bagId === SHROUDED_KEY_BAG && key === undefined) {
      const shrouded = bag.bagValue as pkijs.PKCS8ShroudedKeyBag & {
        parseInternalValues(parameters: { password: ArrayBuffer }): Promise<void>
      }
      await shrouded.parseInternalValues({ password })
      key = shrouded.parsedValue
    } else if (bag.bagId === KEY_BAG && key === undefined) {
      key = bag.bagValue as pkijs.PrivateKeyInfo
    } else if (bag.bagId === CERTIFICATE_BAG) {
      const { parsedValue } = bag.bagValue as pkijs.CertBag
      if (parsedValue instanceof pkijs.Certificate) certificates.push(new Uint8Array(parsedValue.toSchema().toBER(false)))
    }
  }
  if (key === undefined || certificates.length === 0) throw new Failure('damaged_certificate_file')
  return { pkcs8: new Uint8Array(key.toSchema().toBER(false)), certificates }
}

/** Find the certificate that belongs to the key: the one that verifies what the key signs. */
async function toKeys({ pkcs8, certificates }: Contents): Promise<FileKeys> {
  const probe = random(32)
  let unsupported = false
  for (const certificate of certificates) {
    let info
    try {
      info = certificateInfo(certificate)
    } catch {
      unsupported = true
      continue
    }
    const { kind } = info
    if (kind === 'sm2') {
      unsupported = true // SM2 keys come in files of their own (`gmkeys`).
      continue
    }
    const algorithm = SIGN_ALGORITHM[kind]
    try {
      const signKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
      const signature = new Uint8Array(await crypto.subtle.sign(algorithm, signKey, probe))
      if (!(await verifySignature(certificate, probe, signature))) continue
      return {
        certificate,
        fingerprint: hex(await sha256(certificate)),
        chain: certificates.filter((other) => other !== certificate),
        info: { ...info, kind },
        signKey,
        unwrapKey: await importUnwrapKey(pkcs8, kind),
      }
    } catch {
      continue // A key of another kind than this certificate's.
    }
  }
  throw new Failure(unsupported ? 'unsupported_key' : 'damaged_certificate_file')
}

function importUnwrapKey(pkcs8: Bytes, kind: 'rsa' | 'ec'): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', pkcs8, UNWRAP_ALGORITHM[kind], false, [kind === 'rsa' ? 'decrypt' : 'deriveBits'])
}

function hasLegacyScheme(file: Bytes): boolean {
  if (asn1js.fromBER(file).offset === -1) throw new Failure('damaged_certificate_file')
  for (let at = file.indexOf(LEGACY_SCHEMES[0] as number); at !== -1; at = file.indexOf(LEGACY_SCHEMES[0] as number, at + 1)) {
    if (LEGACY_SCHEMES.every((byte, index) => file[at + index] === byte)) return true
  }
  return false
}
