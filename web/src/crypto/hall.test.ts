/** The hall itself as the oracle: what the browser seals and signs, the hall's own reader opens and verifies. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { PASSWORD, folder, makeP12, put } from '../../tests/pki'
import { seal } from './bidseal'
import { blobBytes, hex, sha256, utf8 } from './bytes'
import { buildBid } from './container'
import { openP12 } from './p12'
import { memorySink } from './sink'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
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

it.each(['rsa', 'ec'] as const)('a bid that the browser sealed with an %s certificate is opened by the hall', async (kind) => {
  const identity = await openP12(makeP12(`hall-${kind}`, kind), PASSWORD)
  const pdf = new Uint8Array(2_500_000)
  pdf.set(utf8('%PDF-1.7\n投标文件'))
  const columns = { price: '1234567.80', period: '180日历天', quality: '合格', manager: '张三', security: '' }
  const plaintext = await buildBid({ tender: 'T1', lot: '1', bidder: 'jia', columns, pdf: new Blob([pdf]) }, identity, Date.UTC(2026, 10, 22))
  const request = { tender: 'T1', lot: '1', bidder: 'jia', name: '投标文件.zip', plaintext }
  const { sealed, file } = await seal(request, identity, memorySink(), () => undefined)
  const path = put(`hall-${kind}.bid`, await blobBytes(file))
  const python = process.env['PYTHON'] ?? `${ROOT}.venv/bin/python`
  const answer = execFileSync(python, ['-c', OPEN, path, `${folder}/hall-${kind}`, sealed.sha256], { cwd: ROOT, encoding: 'utf-8' })
  expect(JSON.parse(answer)).toEqual({ price: '1234567.80', manager: '张三', pdf: hex(await sha256(pdf)) })
})
