/** What this browser believes of a history, against notes, paths and promises that the hall's own code made. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { concat, fromBase64, fromHex, hex, sha256, utf8 } from '@/crypto/bytes'
import { type Identity } from '@/crypto/identity'
import { cosign, cosignedBytes } from './cosigning'
import { isConsistent, isIncluded } from './paths'
import { spokenCode } from './spoken'
import { stampRequest, tokenOf } from './timestamp'
import * as w from './witness'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PYTHON = `
import base64, hashlib, json
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hall.clock import ManualClock
from hall.journal import cosignature
from hall.journal.checkpoint import SignedRoot, sign, verifier_key
from hall.journal.tree import Tree
from hall.procurement import canonical
from hall.session.views import manifest

log = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "hall.example/rehearsal/T"
def tree(word):
    return Tree(hashlib.sha256(f"{word} {n}".encode()).digest() for n in range(20))
def note(grown, size, at, key=log):
    return sign(SignedRoot(NAME, size, grown.root(size).hex(), (f"at {at}",)), key)
one, other = tree("row"), tree("other")
body = {"v": 1, "leaf": one.leaf(2).hex(), "received_at": 1000, "text": "递交"}
receipt = {**body, "signature": base64.b64encode(log.sign(b"bidhall/1 receipt\\0" + canonical.dumps(body))).decode()}
print(json.dumps({
    "key": verifier_key(NAME, log.public_key().public_bytes_raw()),
    "otherKey": verifier_key(NAME, bytes(32)),
    "roots": [one.root(n).hex() for n in range(21)],
    "leaves": [one.leaf(n).hex() for n in range(20)],
    "consistency": [[m, n, [s.hex() for s in one.consistency(m, n)]] for n in range(1, 21) for m in range(1, n + 1)],
    "inclusion": [[i, n, [s.hex() for s in one.inclusion(i, n)]] for n in (1, 2, 7, 8, 20) for i in range(n)],
    "notes": {n: note(one, n, 1000 * n) for n in (5, 9, 20)},
    "late": note(one, 9, 100000),
    "forked": {n: note(other, n, 1000 * n) for n in (5, 9)},
    "unsigned": note(one, 9, 9000, Ed25519PrivateKey.from_private_bytes(bytes(32))),
    "receipt": receipt,
    "cosigned": cosignature.signed_bytes(note(one, 5, 5000), 77).hex(),
    "line": cosignature.write(cosignature.Cosignature("cd" * 32, 77, b"signature")),
    "code": manifest(hashlib.sha256(b"a manifest").hexdigest()).code,
}))
`
const hall = JSON.parse(execFileSync(process.env['PYTHON'] ?? `${ROOT}.venv/bin/python`, ['-c', PYTHON], { cwd: ROOT, encoding: 'utf-8' })) as {
  key: string
  otherKey: string
  roots: string[]
  leaves: string[]
  consistency: [number, number, string[]][]
  inclusion: [number, number, string[]][]
  notes: Record<string, string>
  late: string
  forked: Record<string, string>
  unsigned: string
  receipt: Record<string, unknown>
  cosigned: string
  line: string
  code: string
}
const note = (size: number): string => hall.notes[size] as string
const path = (first: number, second: number): string[] => hall.consistency.find(([m, n]) => m === first && n === second)?.[2] ?? []
const begun = async (): Promise<w.Witness> => (await w.saw(w.sawKey(w.NOBODY, hall.key, 1), note(5), 1)).witness

describe('the paths of the hall', () => {
  it('prove what they are to prove, and nothing else', async () => {
    for (const [m, n, steps] of hall.consistency) {
      expect(await isConsistent(m, n, steps, hall.roots[m] as string, hall.roots[n] as string)).toBe(true)
      if (m < n) expect(await isConsistent(m, n, steps, hall.roots[m === 1 ? 2 : 1] as string, hall.roots[n] as string)).toBe(false)
      if (steps.length > 0) expect(await isConsistent(m, n, steps.slice(1), hall.roots[m] as string, hall.roots[n] as string)).toBe(false)
    }
    for (const [i, n, steps] of hall.inclusion) {
      expect(await isIncluded(hall.leaves[i] as string, i, n, steps, hall.roots[n] as string)).toBe(true)
      expect(await isIncluded(hall.leaves[(i + 1) % 20] as string, i, n, steps, hall.roots[n] as string)).toBe(false)
    }
  })

  it('are refused where they are no hashes or say nonsense', async () => {
    const [root] = hall.roots as [string]
    expect(await isConsistent(0, 5, [], root, root)).toBe(false)
    expect(await isConsistent(6, 5, [], root, root)).toBe(false)
    expect(await isConsistent(3, 5, ['zz'], root, root)).toBe(false)
    expect(await isIncluded('zz', 0, 1, [], root)).toBe(false)
    expect(await isIncluded(root, -1, 1, [], root)).toBe(false)
  })
})

describe('a witness', () => {
  it('keeps the first key', async () => {
    expect((await begun()).kept?.size).toBe(5)
    expect(w.sawKey(await begun(), hall.otherKey, 1).alarm?.code).toBe('log_key_changed')
    expect(w.sawKey(w.NOBODY, 'no key', 1)).toBe(w.NOBODY)
  })

  it('goes on after a proof alone', async () => {
    const step = await w.saw(await begun(), note(9), 1)
    expect([step.wanted?.size, step.witness.kept?.size]).toEqual([9, 5])
    const after = await w.proved(await begun(), note(9), path(5, 9), 1)
    expect([after.kept?.size, after.alarm]).toEqual([9, null])
  })

  it.each([
    ['checkpoint_unsigned', hall.unsigned],
    ['checkpoint_unsigned', 'nonsense'],
    ['tree_forked', hall.forked['5'] as string],
  ])('raises %s and keeps it', async (code, seen) => {
    const { witness } = await w.saw(await begun(), seen, 7)
    expect([witness.alarm?.code, witness.alarm?.seen, witness.kept?.size]).toEqual([code, seen, 5])
    expect((await w.saw(witness, note(9), 8)).witness).toBe(witness)
    expect(w.contradiction(witness)).toMatchObject({ kind: 'contradiction', code, log_key: hall.key, kept: note(5), seen })
  })

  it('sees a tree that shrank, and a proof that does not hold', async () => {
    const nine = await w.proved(await begun(), note(9), path(5, 9), 1)
    expect((await w.saw(nine, note(5), 1)).witness.alarm?.code).toBe('tree_shrunk')
    expect((await w.proved(await begun(), hall.forked['9'] as string, path(5, 9), 1)).alarm?.code).toBe('tree_forked')
    expect((await w.proved(await begun(), note(9), [], 1)).alarm?.code).toBe('tree_forked')
    expect(w.unproved(await begun(), note(9), 1).alarm?.code).toBe('consistency_missing')
  })

  it('finds out from what another party signed', async () => {
    const nine = await w.proved(await begun(), note(9), path(5, 9), 1)
    const act = { tree_size: 5, tree_root: hall.roots[5] }
    expect((await w.met(nine, act, path(5, 9), 1)).alarm).toBeNull()
    expect((await w.met(nine, { ...act, tree_root: 'ab'.repeat(32) }, path(5, 9), 1)).alarm?.code).toBe('tree_forked')
    expect((await w.met(nine, { tree_size: 0, tree_root: '' }, [], 1)).alarm).toBeNull()
  })

  it('holds the hall to what it promised', async () => {
    const leaf = hall.leaves[2] as string
    const promised = await w.promised(await begun(), 'receipt', hall.receipt, 1)
    expect(w.owed(promised)).toEqual([])
    const later = await w.proved(promised, hall.late, path(5, 9), 1)
    expect(w.owed(later).map((one) => one.leaf)).toEqual([leaf])
    const steps = hall.inclusion.find(([i, n]) => i === 2 && n === 7)?.[2] ?? []
    expect((await w.included(later, leaf, 2, steps, 1)).alarm?.code).toBe('promise_broken')
    for (const forged of [{ ...hall.receipt, received_at: 7 }, { ...hall.receipt, signature: '' }, { ...hall.receipt, log_key: 'ab' }])
      expect((await w.promised(await begun(), 'receipt', forged, 1)).alarm?.code).toBe('promise_unsigned')
    expect((await w.promised(await begun(), 'ack', hall.receipt, 1)).alarm?.code).toBe('promise_unsigned')
  })
})

it('co-signs exactly what the hall expects', async () => {
  let covered = ''
  const identity = {
    fingerprint: 'cd'.repeat(32),
    sign: (data: Uint8Array) => {
      covered = hex(data)
      return Promise.resolve(utf8('signature'))
    },
  } as unknown as Identity
  expect(await cosign(identity, note(5), 77)).toBe(hall.line)
  expect(covered).toBe(hall.cosigned)
  expect(hex(cosignedBytes(note(5), 77))).toBe(hall.cosigned)
})

it('works the spoken code out as the hall does', async () => {
  expect(spokenCode(hex(await sha256(utf8('a manifest'))))).toBe(hall.code)
  expect(spokenCode('00'.repeat(31) + '07')).toBe('0000 0000 0000 0000 0000 0000 0000 0007')
})

describe('a time stamp asked for here', () => {
  const data = utf8('a signed release')

  it('is a request that OpenSSL reads, and an answer that is about it', async () => {
    const query = await stampRequest(data)
    const file = `${mkdtempSync(`${tmpdir()}/query-`)}/query`
    writeFileSync(file, query)
    const text = execFileSync('openssl', ['ts', '-query', '-in', file, '-text'], { encoding: 'utf-8' })
    expect(text).toContain('Hash Algorithm: sha256')
    expect(text).toContain('Certificate required: yes')
    const granted = concat(fromHex('30'), Uint8Array.of(7 + 34), fromHex('3003020100'), fromHex('3022'), concat(fromHex('0420'), (await sha256(data)).slice(0, 32)))
    expect(hex(await tokenOf(granted, data))).toContain(hex(await sha256(data)))
  })

  it.each([
    ['stamp_refused', 'MAUwAwIBAg=='],
    ['stamp_malformed', 'MA=='],
  ])('is no token where it is %s', async (code, answer) => {
    await expect(tokenOf(fromBase64(answer), data)).rejects.toMatchObject({ code })
  })

  it('is no token over something else', async () => {
    const other = concat(fromHex('30'), Uint8Array.of(7 + 34), fromHex('3003020100'), fromHex('3022'), concat(fromHex('0420'), await sha256(utf8('other'))))
    await expect(tokenOf(other, data)).rejects.toMatchObject({ code: 'stamp_does_not_fit' })
  })
})
