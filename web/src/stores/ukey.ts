/** The connection to `hall ukey`, kept while its certificate is in use, and this profile's pairing with it. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { type Identity } from '@/crypto/identity'
import { type Pairing, type TokenCertificate, type Ukey } from '@/crypto/ukey'
import { Failure } from '@/failure'

const PAIRING = 'hall-ukey'
const PORT = 'hall-ukey-port'

export const useUkey = defineStore('ukey', () => {
  const connection = shallowRef<Ukey | null>(null)
  const paired = ref(false)
  /** Requests that wait for the person at the program's own window. */
  const waiting = ref(0)
  /** A port that the program was told, kept for this profile; '' for the usual ones. */
  const port = ref(localStorage.getItem(PORT) ?? '')

  /** Connect, with the pairing of this profile if there is one. `onGone` hears when the program ends. */
  async function connect(onGone: () => void): Promise<void> {
    disconnect()
    const { PORTS, Ukey } = await import('@/crypto/ukey')
    const told = Number(port.value)
    const own = Number.isInteger(told) && told > 0 && told < 65_536 ? [told] : []
    if (own.length > 0) localStorage.setItem(PORT, port.value)
    else localStorage.removeItem(PORT)
    const found = await Ukey.connect([...own, ...PORTS], storedPairing(), {
      onWaiting: (requests) => (waiting.value = requests),
      onClose: () => {
        if (connection.value !== found) return
        connection.value = null
        onGone()
      },
    })
    connection.value = found
    paired.value = found.paired
  }

  function disconnect(): void {
    const old = connection.value
    connection.value = null
    old?.close()
  }

  async function pair(): Promise<void> {
    await current().pair(`${browserName()} · ${location.host}`)
  }

  async function enterCode(code: string): Promise<void> {
    localStorage.setItem(PAIRING, JSON.stringify(await current().enterCode(code)))
    paired.value = true
  }

  function certificates(): Promise<TokenCertificate[]> {
    return current().certificates()
  }

  function open(fingerprint: string): Promise<Identity> {
    return current().open(fingerprint)
  }

  function current(): Ukey {
    if (connection.value === null) throw new Failure('ukey_gone')
    return connection.value
  }

  return { connection, paired, waiting, port, connect, disconnect, pair, enterCode, certificates, open }
})

function storedPairing(): Pairing | null {
  const stored = localStorage.getItem(PAIRING)
  return stored === null ? null : (JSON.parse(stored) as Pairing)
}

function browserName(): string {
  return /Edg|Firefox|Chrome|Safari/.exec(navigator.userAgent)?.[0]?.replace('Edg', 'Edge') ?? 'browser'
}
