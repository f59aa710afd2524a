/** Old PKCS#12 files (RC2, 3DES), which only node-forge reads. Loaded when such a file is chosen, never before. */
import forge from 'node-forge'
import { Failure } from '@/failure'
import { type Bytes } from './bytes'
import { type Contents } from './p12'

export function readLegacy(file: Bytes, password: string): Contents {
  let outer: forge.asn1.Asn1
  try {
    outer = forge.asn1.fromDer(forge.util.createBuffer(binary(file)))
  } catch {
    throw new Failure('damaged_certificate_file')
  }
  let p12: forge.pkcs12.Pkcs12Pfx
  try {
    p12 = forge.pkcs12.pkcs12FromAsn1(outer, password)
  } catch {
    throw new Failure('wrong_password')
  }
  const bags = p12.safeContents.flatMap((content) => content.safeBags)
  const { certBag, keyBag, pkcs8ShroudedKeyBag } = forge.pki.oids
  const keys = bags.filter((bag) => bag.type === keyBag || bag.type === pkcs8ShroudedKeyBag)
  const certificates = bags.filter((bag) => bag.type === certBag).flatMap((bag) => certificateOf(bag))
  const key = keys.map(keyOf).find((found) => found !== null)
  if (key === undefined || key === null || certificates.length === 0) throw new Failure('damaged_certificate_file')
  return { pkcs8: key, certificates }
}

// forge understands RSA only; of other keys and certificates it keeps the ASN.1 as it stood.
function keyOf(bag: forge.pkcs12.Bag): Bytes | null {
  if (bag.key) return der(forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)))
  return bag.asn1 === undefined ? null : der(bag.asn1)
}

function certificateOf(bag: forge.pkcs12.Bag): Bytes[] {
  if (bag.cert) return [der(forge.pki.certificateToAsn1(bag.cert))]
  return bag.asn1 === undefined ? [] : [der(bag.asn1)]
}

function der(node: forge.asn1.Asn1): Bytes {
  const text = forge.asn1.toDer(node).getBytes()
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

function binary(data: Bytes): string {
  return Array.from(data, (byte) => String.fromCharCode(byte)).join('')
}
