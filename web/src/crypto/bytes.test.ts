import { expect, it } from 'vitest'
import { base64, derOf, utf8 } from './bytes'

it('takes a certificate file as DER or as PEM, and gives the same DER', () => {
  const der = new Uint8Array([0x30, 0x82, 0x01, 0x0a, ...Array.from({ length: 60 }, (_, index) => index)])
  const lines = base64(der).match(/.{1,32}/g) ?? []
  const pem = utf8(`-----BEGIN CERTIFICATE-----\r\n${lines.join('\r\n')}\r\n-----END CERTIFICATE-----\r\n`)
  expect(derOf(pem)).toEqual(der)
  expect(derOf(der)).toEqual(der)
})
