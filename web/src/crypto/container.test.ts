import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { makePdf } from '../../tests/pdf'
import { PASSWORD, bytesOf, folder, makeP12, openssl, put } from '../../tests/pki'
import { blobBytes, sha256, hex, utf8 } from './bytes'
import { readFlat } from './canonical'
import { buildBid } from './container'
import { type Identity } from './identity'
import { openP12 } from './p12'

const AT = Date.UTC(2026, 10, 22, 1, 0, 0)
const PDF = makePdf()
const columns = { price: '1234567.80', period: '180日历天', quality: '合格', manager: '张三', security: '保函 10 万元' }
const identities: Record<string, Identity> = {}
const bid = (pdf: Uint8Array<ArrayBuffer>) => ({ tender: 'T1', lot: '1', bidder: 'jia', columns, pdf: new Blob([pdf]), pdfName: '投标文件.pdf' })

beforeAll(async () => {
  identities['rsa'] = await openP12(makeP12('zip-rsa', 'rsa'), PASSWORD)
  identities['ec'] = await openP12(makeP12('zip-ec', 'ec'), PASSWORD)
})

describe.each(['rsa', 'ec'])('a bid put together with an %s certificate', (who) => {
  it('is a ZIP of exactly the three stored entries, and its summary names the signed PDF', async () => {
    const path = put(`${who}.zip`, await blobBytes(await buildBid(bid(PDF), identities[who] as Identity, AT)))
    const listing = execFileSync('python3', ['-c', 'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;z.extractall(sys.argv[2]);print([(i.filename,i.compress_type,len(i.extra)) for i in z.infolist()])', path, `${folder}/${who}`])
    expect(String(listing).trim()).toBe("[('bid.pdf', 0, 0), ('summary.json', 0, 0), ('summary.p7s', 0, 0)]")
    const { readFileSync } = await import('node:fs')
    const keys = ['v', 'tender', 'lot', 'bidder', 'bid_sha256', 'price', 'period', 'quality', 'manager', 'security']
    const summary = readFlat(new Uint8Array(readFileSync(`${folder}/${who}/summary.json`)), keys, 'container_malformed')
    const signed = bytesOf(`${who}/bid.pdf`)
    expect(Buffer.compare(signed.subarray(0, PDF.length), PDF)).toBe(0)
    expect(summary['bid_sha256']).toBe(hex(await sha256(signed)))
    expect(String(execFileSync('pdfsig', ['-nocert', `${folder}/${who}/bid.pdf`]))).toContain('Signature is Valid')
    expect(summary['price']).toBe('1234567.80')
  })

  it('has a signature over the summary that openssl verifies, and no other', () => {
    const verify = (content: string): Buffer =>
      openssl('cms', '-verify', '-cades', '-inform', 'DER', '-in', `${who}/summary.p7s`, '-content', content, '-binary', '-CAfile', `zip-${who}.pem`, '-purpose', 'any', '-out', '/dev/null')
    expect(() => verify(`${who}/summary.json`)).not.toThrow()
    expect(() => verify(`${who}/bid.pdf`)).toThrow()
  })
})

it('refuses a file that is no PDF', async () => {
  await expect(buildBid(bid(utf8('PK 没有')), identities['ec'] as Identity, AT)).rejects.toMatchObject({ code: 'not_a_pdf' })
})
