/** The bid's signature made here: pyHanko and pdfsig must find it valid in every kind of PDF, and what is odd must be refused. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { makePdf } from '../../tests/pdf'
import { PASSWORD, bytesOf, folder, makeP12, put } from '../../tests/pki'
import { type Bytes, blobBytes, hex, sha256, utf8 } from './bytes'
import { type Identity } from './identity'
import { openP12 } from './p12'
import { signBidPdf } from './pdfsign'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const python = (script: string): string =>
  execFileSync(process.env['PYTHON'] ?? `${ROOT}.venv/bin/python`, ['-c', script, folder], { cwd: ROOT, encoding: 'utf-8' })

const MAKE = `
import io, sys, zlib
from pathlib import Path
from pyhanko.pdf_utils import generic, writer
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm

folder = Path(sys.argv[1])
plain = (folder / "plain.pdf").read_bytes()
names = generic.pdf_name

def document(**options):
    made = writer.PdfFileWriter(stream_xrefs=True)
    page = made.add_object(generic.DictionaryObject({names("/Type"): names("/Page"), names("/MediaBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 200, 200)))}), **options)
    pages = made.root["/Pages"]
    page.get_object()["/Parent"] = made.root.raw_get("/Pages")
    pages["/Kids"], pages["/Count"] = generic.ArrayObject([page]), generic.NumberObject(1)
    return made

def written(made):
    out = io.BytesIO()
    made.write(out)
    return out.getvalue()

(folder / "streams.pdf").write_bytes(written(document()))
packed = writer.PdfFileWriter(stream_xrefs=True)
objects = packed.prepare_object_stream()
page = packed.add_object(generic.DictionaryObject({names("/Type"): names("/Page"), names("/MediaBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 200, 200)))}), obj_stream=objects)
packed.root["/Pages"]["/Kids"], packed.root["/Pages"]["/Count"] = generic.ArrayObject([page]), generic.NumberObject(1)
page.get_object()["/Parent"] = packed.root.raw_get("/Pages")
(folder / "packed.pdf").write_bytes(written(packed))

locked = document()
locked.encrypt(owner_pass="geheim") if hasattr(locked, "encrypt") else None
(folder / "encrypted.pdf").write_bytes(written(locked))

signer = SimpleSigner.load(str(folder / "other.key"), str(folder / "other.pem"))
def signed(data, **options):
    out = io.BytesIO()
    PdfSigner(PdfSignatureMetadata(md_algorithm="sha256", **options), signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), output=out)
    return out.getvalue()

(folder / "signed.pdf").write_bytes(signed(plain, field_name="BidSignature"))
(folder / "signed-packed.pdf").write_bytes(signed((folder / "packed.pdf").read_bytes(), field_name="Sig"))
(folder / "certified.pdf").write_bytes(signed(plain, field_name="Sig", certify=True, docmdp_permissions=MDPPerm.FILL_FORMS))
(folder / "final.pdf").write_bytes(signed(plain, field_name="Sig", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES))
`
const JUDGE = `
import json, sys
from pathlib import Path
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from asn1crypto import x509, pem

folder = Path(sys.argv[1])
roots = [x509.Certificate.load(pem.unarmor(path.read_bytes())[2]) for path in folder.glob("*.pem")]
context = ValidationContext(trust_roots=roots, allow_fetching=False)
found = {}
for path in sorted(folder.glob("*.signed.pdf")):
    with path.open("rb") as file:
        reader = PdfFileReader(file)
        last = []
        for one in reader.embedded_signatures:
            status = validate_pdf_signature(one, context)
            last.append([one.field_name, status.intact, status.valid, status.coverage.name, status.docmdp_ok, str(one.sig_object["/SubFilter"])])
        found[path.name] = last
print(json.dumps(found))
`
const at = Date.UTC(2026, 10, 22, 8, 15)
const identities: Record<string, Identity> = {}
const code = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no failure', (thrown: { code: string }) => thrown.code)
const sign = (pdf: Bytes, who = 'rsa'): ReturnType<typeof signBidPdf> => signBidPdf(new Blob([pdf]), '投标文件.pdf', identities[who] as Identity, at)

beforeAll(async () => {
  identities['rsa'] = await openP12(makeP12('pdf-rsa', 'rsa'), PASSWORD)
  identities['ec'] = await openP12(makeP12('pdf-ec', 'ec'), PASSWORD)
  makeP12('other', 'rsa')
  put('plain.pdf', makePdf({ trailer: '/ID [<00112233> <00112233>]' }))
  python(MAKE)
})

describe('a signature in the PDF of a bid', () => {
  it('is valid for pyHanko and pdfsig, whatever the PDF is made of, and leaves the signatures of others alone', async () => {
    const files: Record<string, Bytes> = {
      plain: bytesOf('plain.pdf'),
      streams: bytesOf('streams.pdf'),
      packed: bytesOf('packed.pdf'),
      signed: bytesOf('signed.pdf'),
      'signed-packed': bytesOf('signed-packed.pdf'),
      certified: bytesOf('certified.pdf'),
      'no-newline': makePdf().slice(0, -1),
      form: makePdf({ root: '/AcroForm 5 0 R', page: '/Annots 6 0 R', more: ['<</Fields [] /DA (/Helv 0 Tf \\(\\) 0 g)>>', '[]'] }),
      large: makePdf({ ballast: 4_500_000 }),
    }
    for (const [name, pdf] of Object.entries(files)) {
      for (const who of ['rsa', 'ec']) {
        const result = await sign(pdf, who)
        const whole = await blobBytes(result.blob)
        expect(hex(await sha256(whole))).toBe(result.sha256)
        expect(Buffer.compare(whole.subarray(0, pdf.length), pdf)).toBe(0)
        put(`${name}.${who}.signed.pdf`, whole)
      }
    }
    const twice = await sign(bytesOf('packed.rsa.signed.pdf'), 'ec')
    put('twice.ec.signed.pdf', await blobBytes(twice.blob))
    const found = JSON.parse(python(JUDGE)) as Record<string, [string, boolean, boolean, string, boolean, string][]>
    expect(Object.keys(found)).toHaveLength(19)
    for (const [name, signatures] of Object.entries(found)) {
      const [field, intact, valid, coverage, , subfilter] = signatures[signatures.length - 1] as [string, boolean, boolean, string, boolean, string]
      expect([name, intact, valid, coverage, subfilter]).toEqual([name, true, true, 'ENTIRE_FILE', '/ETSI.CAdES.detached'])
      expect([name, signatures.map(([, sound, good, , unchanged]) => sound && good && unchanged)]).toEqual([name, signatures.map(() => true)])
      expect(field).toBe(name.startsWith('signed.') || name.startsWith('twice') ? 'BidSignature2' : 'BidSignature')
      const said = execFileSync('pdfsig', ['-nocert', name], { cwd: folder, encoding: 'utf-8' })
      expect([name, said.match(/Signature is Valid/g)?.length, /Total document signed/.test(said)]).toEqual([name, signatures.length, true])
    }
  })

  it('speaks of the very bytes: one changed byte breaks it', async () => {
    const whole = await blobBytes((await sign(bytesOf('plain.pdf'))).blob)
    whole[30] = (whole[30] as number) ^ 1
    writeFileSync(`${folder}/changed.pdf`, whole)
    expect(execFileSync('pdfsig', ['-nocert', 'changed.pdf'], { cwd: folder, encoding: 'utf-8' })).not.toContain('Signature is Valid')
  })
})

describe('a PDF that cannot be signed', () => {
  const broken = (from: string | RegExp, to: string): Bytes => {
    const text = new TextDecoder('latin1').decode(makePdf())
    expect(text.replace(from, to)).not.toBe(text)
    return utf8(text.replace(from, to))
  }

  it.each([
    ['no PDF at all', () => utf8('PK\u0003\u0004 投标文件'), 'not_a_pdf'],
    ['is empty', () => new Uint8Array(0), 'not_a_pdf'],
    ['is encrypted', () => bytesOf('encrypted.pdf'), 'pdf_encrypted'],
    ['is certified as final', () => bytesOf('final.pdf'), 'pdf_locked'],
    ['has another reading for old readers', () => makePdf({ trailer: '/XRefStm 9' }), 'pdf_not_signable'],
    ['is cut off', () => makePdf().slice(0, -300), 'pdf_not_signable'],
    ['has a wrong place for its references', () => broken(/startxref\n\d+/, 'startxref\n17'), 'pdf_not_signable'],
    ['points behind its end', () => broken(/startxref\n\d+/, 'startxref\n99999999'), 'pdf_not_signable'],
    ['has references in a circle', () => broken(/\/Root (?=[^]*startxref\n(\d+))/, '/Prev $1 /Root '), 'pdf_not_signable'],
    ['has no catalogue', () => broken('/Root 1 0 R', '/Root 9 0 R'), 'pdf_not_signable'],
    ['has no pages', () => broken('/Pages 2 0 R', '/Pages 1 0 R'), 'pdf_not_signable'],
    ['has pages in a circle', () => broken('/Kids [3 0 R]', '/Kids [2 0 R]'), 'pdf_not_signable'],
    ['says a key twice', () => makePdf({ root: '/Pages 2 0 R' }), 'pdf_not_signable'],
    ['nests without end', () => makePdf({ root: `/X ${'['.repeat(5000)}` }), 'pdf_not_signable'],
    ['refers to its form in a circle', () => makePdf({ root: '/AcroForm 5 0 R', more: ['6 0 R', '5 0 R'] }), 'pdf_not_signable'],
    ['has one object in two offices', () => makePdf({ root: '/AcroForm 3 0 R' }), 'pdf_not_signable'],
  ])('because it %s is refused with a plain code', async (_, pdf, expected) => {
    expect(await code(sign(pdf()))).toBe(expected)
  })

  it('made of a few bytes that unfold to very many is refused', async () => {
    const packed = new TextDecoder('latin1').decode(bytesOf('packed.pdf'))
    const length = /\/Length (\d+)/.exec(packed)
    expect(length).not.toBeNull()
    const bytes = Uint8Array.from(packed.replace(/\/Length \d+/, `/Length ${'9'.repeat(length?.[1]?.length ?? 1)}`), (char) => char.charCodeAt(0))
    expect(await code(sign(bytes))).toBe('pdf_not_signable')
  })
})
