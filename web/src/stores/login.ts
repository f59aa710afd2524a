/**
 * Who is logged in here. The key of a file lives in memory only; across a reload the file is kept as it came, still under its
 * password, for this tab alone, and the password is asked again. A token's key is reached as long as its program runs.
 */
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef } from 'vue'
import { signAct } from '@/crypto/act'
import { type Bytes, base64, fromBase64 } from '@/crypto/bytes'
import { type Identity } from '@/crypto/identity'
import { Failure } from '@/failure'
import * as api from '@/wire/api'
import { useHall } from './hall'
import { useUkey } from './ukey'

const FILE_KEY = 'certificate-file'

export interface CertificateFile {
  readonly name: string
  readonly bytes: Bytes
}

export const useLogin = defineStore('login', () => {
  const me = ref<api.Me | null>(null)
  const identity = shallowRef<Identity | null>(null)
  const file = shallowRef<CertificateFile | null>(storedFile())
  /** The screen asks for the password of a key that a reload has wiped. */
  const asking = ref(false)
  const locked = computed(() => me.value !== null && identity.value === null)

  /** Whether the hall still knows this window's login. */
  async function resume(): Promise<void> {
    try {
      me.value = await api.getMe()
      asking.value = identity.value === null
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.code !== 'login_needed') throw thrown
      me.value = null
    }
  }

  async function login(opened: Identity, from: CertificateFile | null): Promise<void> {
    const { info } = useHall()
    if (info === null) throw new Failure('connection_lost')
    const context = { ...api.NOWHERE, origin: info.origin, server_nonce: await api.getNonce(opened.fingerprint) }
    await api.login(await signAct(opened, 'login', context, { purpose: 'login' }), opened.certificate)
    me.value = await api.getMe()
    keep(opened, from)
  }

  /** Go on with the key after a reload; it must be the certificate of this login. */
  function unlock(opened: Identity, from: CertificateFile | null): void {
    if (opened.fingerprint !== me.value?.certificate) throw new Failure('another_certificate')
    keep(opened, from)
  }

  /** The program that reaches the token has ended: the key is to be opened again before the next act. */
  function tokenGone(): void {
    if (identity.value === null || file.value !== null) return
    identity.value = null
    asking.value = me.value !== null
  }

  async function logout(): Promise<void> {
    identity.value = null
    me.value = null
    file.value = null
    sessionStorage.removeItem(FILE_KEY)
    useUkey().disconnect()
    await api.logout()
  }

  /** The key for an act. Throws Failure('certificate_needed') where it was not opened in this window yet. */
  function key(): Identity {
    if (identity.value === null) throw new Failure('certificate_needed')
    return identity.value
  }

  function keep(opened: Identity, from: CertificateFile | null): void {
    identity.value = markRaw(opened)
    asking.value = false
    file.value = from
    if (from === null) sessionStorage.removeItem(FILE_KEY)
    else sessionStorage.setItem(FILE_KEY, JSON.stringify({ name: from.name, bytes: base64(from.bytes) }))
  }

  return { me, identity, file, asking, locked, resume, login, unlock, tokenGone, logout, key }
})

/** Open a certificate file. Codes: wrong_password, damaged_certificate_file, unsupported_key, sm2_file_in_production. */
export async function openFile(chosen: CertificateFile, password: string): Promise<Identity> {
  // A pair of SM2 keys in PEM. WebCrypto can't hold these out of reach, so files of them are for rehearsals alone.
  if (new TextDecoder('latin1').decode(chosen.bytes).includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')) {
    const hall = useHall()
    const { mode } = hall.info ?? (await hall.load())
    if (mode !== 'rehearsal') throw new Failure('sm2_file_in_production')
    return (await import('@/crypto/gmkeys')).openPair(chosen.bytes, password)
  }
  // The certificate code is large and needed by those who log in only.
  return (await import('@/crypto/p12')).openP12(chosen.bytes, password)
}

function storedFile(): CertificateFile | null {
  const stored = sessionStorage.getItem(FILE_KEY)
  if (stored === null) return null
  const { name, bytes } = JSON.parse(stored) as { name: string; bytes: string }
  return { name, bytes: fromBase64(bytes) }
}

