import { expect, test } from 'vitest'
import national from '../../../tests/vectors/gm.json'
import vector from '../../../tests/vectors/recovery.json'
import { Failure } from '@/failure'
import { type Bytes, fromBase64, fromHex, random, utf8 } from './bytes'
import { canonicalBytes } from './canonical'
import { readHeader } from './header'
import { makeRecovery, openRecovery } from './recovery'

const FILE = canonicalBytes(vector.file)
const HEAD = fromBase64(vector.file.head)
const WORDS = vector.passphrase

async function code(file: Bytes, words = WORDS): Promise<string> {
  const thrown: unknown = await openRecovery(file, HEAD, words).catch((failure: unknown) => failure)
  return thrown instanceof Failure ? thrown.code : 'none'
}

test('a file that the hall’s program made is opened here', async () => {
  expect(await openRecovery(FILE, HEAD, WORDS)).toEqual(fromHex(vector.content_key))
})

test('what is made here opens with its passphrase alone', async () => {
  const made = await makeRecovery(HEAD, random(7), fromHex(vector.content_key), '一个足够长的恢复口令一二')
  expect(await openRecovery(made, HEAD, '一个足够长的恢复口令一二')).toEqual(fromHex(vector.content_key))
  expect(await code(made)).toBe('recovery_passphrase_wrong')
})

test('a bid of the suite GM has one, too', async () => {
  const file = fromBase64(national.bid.file)
  const key = fromHex(national.bid.cek)
  const made = await makeRecovery((await readHeader(file)).bytes, random(7), key, WORDS)
  expect(await openRecovery(made, file, WORDS)).toEqual(key)
  const other = await makeRecovery((await readHeader(file)).bytes, random(7), key.map((byte) => byte ^ 1), WORDS)
  await expect(openRecovery(other, file, WORDS)).rejects.toMatchObject({ code: 'commit_mismatch' })
})

test('every wrong file has its code', async () => {
  expect(await code(FILE, 'another passphrase')).toBe('recovery_passphrase_wrong')
  expect(await code(utf8('{}'))).toBe('recovery_file_malformed')
  expect(await code(canonicalBytes({ ...vector.file, iterations: 0 }))).toBe('recovery_file_malformed')
  expect(await code(canonicalBytes({ ...vector.file, salt: 'AAAA' }))).toBe('recovery_file_malformed')
  expect(await code(canonicalBytes({ ...vector.file, head: vector.sealed }))).toBe('recovery_file_other')
  await expect(makeRecovery(HEAD, random(7), random(32), 'eleven char')).rejects.toMatchObject({ code: 'passphrase_too_short' })
})
