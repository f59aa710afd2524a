/** Test certificates and PKCS#12 files, made with openssl in a temporary folder; keys are never stored in the repository. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bytes } from '@/crypto/bytes'

export const PASSWORD = 'demo1234'

export const folder = mkdtempSync(join(tmpdir(), 'hall-web-'))

export function openssl(...args: string[]): Buffer {
  return execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
}

export function put(name: string, data: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, data)
  return path
}

export function bytesOf(name: string): Bytes {
  return new Uint8Array(readFileSync(join(folder, name)))
}

/** A self-signed certificate with its key as NAME.pem, NAME.key, NAME.p12. */
export function makeP12(name: string, kind: 'rsa' | 'ec', ...p12Options: string[]): Bytes {
  const key = kind === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const usage = kind === 'rsa' ? 'keyEncipherment' : 'keyAgreement'
  openssl('req', '-x509', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30', '-subj',
    `/C=CN/O=甲建设有限公司/CN=甲建设 ${name}`, '-utf8', '-addext', `keyUsage=critical,digitalSignature,nonRepudiation,${usage}`)
  openssl('pkcs12', '-export', '-inkey', `${name}.key`, '-in', `${name}.pem`, '-out', `${name}.p12`, '-passout', `pass:${PASSWORD}`, ...p12Options)
  return bytesOf(`${name}.p12`)
}
