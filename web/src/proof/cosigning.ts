/** A co-signature of a checkpoint, with the certificate of this login: the line of docs/protocol.md, *Proof*. */
import { type Bytes, base64, concat, fromHex, sha256, u64be, utf8 } from '@/crypto/bytes'
import { type Identity } from '@/crypto/identity'

const TYPE = concat(Uint8Array.of(0xff), utf8('bidhall/1 x509\n'))

/** What the signature covers. at: POSIX seconds. */
export function cosignedBytes(note: string, at: number): Bytes {
  return utf8(`cosignature/v1\ntime ${at}\n${note.slice(0, note.lastIndexOf('\n\n') + 1)}`)
}

export async function cosign(identity: Identity, note: string, at: number): Promise<string> {
  const name = `cosigner/${identity.fingerprint}`
  const id = (await sha256(concat(utf8(`${name}\n`), TYPE, fromHex(identity.fingerprint)))).slice(0, 4)
  const signature = await identity.sign(cosignedBytes(note, at), { kind: 'checkpoint', note })
  return `\u2014 ${name} ${base64(concat(id, u64be(at), signature))}\n`
}
