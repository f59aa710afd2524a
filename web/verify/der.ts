/** What this page needs of DER besides its library. */
import * as asn1js from 'asn1js'
import { type Bytes, concat } from '@/crypto/bytes'

/** r | s of `size` bytes each, out of the DER that CMS and certificates have. Empty for anything else. */
export function rawOf(signature: Bytes, size: number): Bytes {
  const { result } = asn1js.fromBER(signature)
  const numbers = result instanceof asn1js.Sequence ? result.valueBlock.value : []
  return concat(
    ...numbers.map((number) => {
      const plain = number instanceof asn1js.Integer ? new Uint8Array(number.valueBlock.valueHexView) : new Uint8Array()
      const short = plain.slice(plain.findIndex((byte) => byte !== 0))
      return concat(new Uint8Array(Math.max(0, size - short.length)), short)
    }),
  )
}
