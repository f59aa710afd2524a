/** The hall itself as the oracle: what the browser seals and signs, the hall's own reader opens and verifies. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { makePdf } from '../../tests/pdf'
import { PASSWORD, folder, makeP12, put } from '../../tests/pki'
import { openPayload, seal } from './bidseal'
import { type Bytes, blobBytes, concat, hex, sha256, utf8 } from './bytes'
import { buildBid } from './container'
import { readSealed } from './header'
import { openP12 } from './p12'
import { memorySink } from './sink'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const hall = (script: string, ...args: string[]): string =>
  execFileSync(process.env['PYTHON'] ?? `${ROOT}.venv/bin/python`, ['-c', script, ...args], { cwd: ROOT, encoding: 'utf-8' })

const SEAL = `
import sys
from pathlib import Path
from hall.rehearsal.demo_ca import issue_demo
from hall.signing.certificates import load_certificate
from hall.signing.sealed_bid import seal

folder = Path(sys.argv[1])
for who in issue_demo(folder, bidders=2, now_ms=1795309200000).bidders:
    certificate = load_certificate(who.certificate.read_bytes())
    (folder / "plain").write_bytes(b"the bid of " + who.id.encode() + bytes(1_500_000))
    seal(folder / "plain", folder / (who.id + ".bid"), tender="T1", lot="1", bidder=who.id, name="n", certificate=certificate)
`
const OPEN = `
import json, sys
from pathlib import Path
from hall.signing import sealed_bid, suite
from hall.signing.certificates import load_certificate
from hall.signing.opener import open_bid

sealed, name, digest = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
certificate = load_certificate(Path(name + ".pem").read_bytes())
with sealed.open("rb") as file:
    header = sealed_bid.read_header(file)
sealed_bid.check_length(header, sealed.stat().st_size)
sealed_bid.check_deposit(header, tender="T1", lot="1", bidder="jia", certificate=certificate)
cek = sealed_bid.unwrap(header, suite.load_private_key(Path(name + ".key").read_bytes()), certificate)
opened = open_bid(sealed, cek, digest, sealed.with_suffix(".zip"))
print(json.dumps({"price": opened.summary.price, "manager": opened.summary.manager, "pdf": opened.bid_pdf_sha256}))
`

/** SHA-256 of `bid.pdf`, the first entry of a bid's container. */
async function bidDigest(container: Blob): Promise<string> {
  const head = await blobBytes(container.slice(0, 37))
  const size = new DataView(head.buffer).getUint32(22, true)
  return hex(await sha256(await blobBytes(container.slice(37, 37 + size))))
}

it.each(['rsa', 'ec'] as const)('a bid that the browser sealed with an %s certificate is opened by the hall', async (kind) => {
  const identity = await openP12(makeP12(`hall-${kind}`, kind), PASSWORD)
  const pdf = makePdf({ ballast: 2_500_000 })
  const columns = { price: '1234567.80', period: '180日历天', quality: '合格', manager: '张三', security: '' }
  const plaintext = await buildBid({ tender: 'T1', lot: '1', bidder: 'jia', columns, pdf: new Blob([pdf]), pdfName: '投标文件.pdf' }, identity, Date.UTC(2026, 10, 22))
  const request = { tender: 'T1', lot: '1', bidder: 'jia', name: '投标文件.zip', plaintext }
  const { sealed, file } = await seal(request, identity, memorySink(), () => undefined)
  const path = put(`hall-${kind}.bid`, await blobBytes(file))
  const answer = hall(OPEN, path, `${folder}/hall-${kind}`, sealed.sha256)
  expect(JSON.parse(answer)).toEqual({ price: '1234567.80', manager: '张三', pdf: await bidDigest(plaintext) })
})

it('a bid that the hall sealed for a certificate of its demo is opened by the browser', async () => {
  const demo = `${folder}/demo`
  hall(SEAL, demo)
  for (const who of ['b1', 'b2']) {
    const identity = await openP12(new Uint8Array(readFileSync(`${demo}/${who}.p12`)), PASSWORD)
    const file = new Blob([new Uint8Array(readFileSync(`${demo}/${who}.bid`))])
    const read = await readSealed(file)
    expect(read.header.recipient).toBe(identity.fingerprint)
    const parts: Bytes[] = []
    await openPayload(file, read, await identity.unwrap(read.header, { kind: 'self_test', head: read.bytes, cek: new Uint8Array(32) }), () => undefined, (plain) => {
      parts.push(plain)
      return Promise.resolve()
    })
    expect(hex(await sha256(concat(...parts)))).toBe(hex(await sha256(concat(utf8(`the bid of ${who}`), new Uint8Array(1_500_000)))))
  }
})
