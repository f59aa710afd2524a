/**
 * The deposit, step by step: sign, build, seal and test in the worker, upload, sign the statement, check and keep act and receipt.
 * From the upload on everything can be gone on with after a reload; the upload itself needs no key.
 */
import { onScopeDispose, ref, shallowRef } from 'vue'
import { ZERO_DIGEST, type SignedAct, signAct } from '@/crypto/act'
import { type SummaryColumns } from '@/crypto/container'
import { hex } from '@/crypto/bytes'
import { readSealed } from '@/crypto/header'
import { recipientOf, suiteOf } from '@/crypto/identity'
import { checkReceipt } from '@/crypto/receipt'
import { type Place, dropOthers, newName, sealedFile, sealedFolder } from '@/crypto/sealedfiles'
import { sealInWorker } from '@/crypto/sealing'
import { Failure, asFailure } from '@/failure'
import { type Unfinished, recallDeposit, recallUnfinished, rememberDeposit, rememberUnfinished } from '@/stores/deposits'
import { watchOver } from '@/proof/unanswered'
import { saveBlob } from '@/save'
import { useLogin } from '@/stores/login'
import { useProof } from '@/stores/proof'
import { type TenderCard, deposit, getNonce, getOwnDeposit } from '@/wire/api'
import { hallNow } from '@/wire/halltime'
import { type Receipt } from '@/wire/types.gen'
import { uploadSealed } from '@/wire/upload'

export const DEPOSIT_STEPS = ['signing', 'sealing', 'testing', 'uploading', 'depositing'] as const
export type DepositStep = (typeof DEPOSIT_STEPS)[number]

export interface DepositOrder {
  readonly columns: SummaryColumns
  readonly pdf: Blob
  readonly pdfName: string
  /** Of a recovery file, where the documents allow one and the bidder wants it; "" for none. */
  readonly passphrase: string
}

/** What the signed statement names as the sealing program. */
const CLIENT = 'web/0.1.0'
/** After these the sealed file still waits for its deposit; after any other refusal it never will. */
const PASSING = ['connection_lost', 'login_needed', 'certificate_needed', 'unavailable', 'http_status', 'hall_busy', 'room_asleep', 'journal_failed', 'disk_full']
/** Milliseconds and share of a step before a guess at the time left is worth showing. */
const GUESS_AFTER = 2_000
const GUESS_FROM = 0.01
/** Bytes in a millisecond that a busy hall hashes and copies, at least: it answers a deposit when it has checked every byte. */
const CHECKED_PER_MS = 20_000
const PAUSE = 1_500
const TRIES = 40

/** Why nothing can be sealed in this browser (insecure_context), or only small bids (browser_disk_missing); null: all is well. */
export async function surroundings(): Promise<Failure | null> {
  if (!isSecureContext || (crypto as { subtle?: SubtleCrypto }).subtle === undefined) return new Failure('insecure_context')
  try {
    await sealedFolder()
    return null
  } catch {
    return new Failure('browser_disk_missing', { most: 64 })
  }
}

/**
 * The sealed file that this computer keeps of a deposit, or null. Where the hall took the deposit and its answer got lost, the act is
 * fetched now; whatever the hall sends is checked as the answer would have been. certificate: the login's, by which the deposit was signed
 * unless it was an earlier one of the bidder's.
 */
export async function keptFile(tender: TenderCard, receipt: Receipt, certificate: string): Promise<File | null> {
  for (const signer of new Set([certificate, receipt.recipient])) {
    const place = { tender: tender.tender, lot: receipt.lot, certificate: signer }
    const waiting = recallUnfinished(place)
    if (waiting?.sha256 !== receipt.sha256) continue
    const act = await getOwnDeposit(tender.tender, receipt.lot)
    await checkReceipt(receipt, act, tender.log_key)
    rememberDeposit({ act, receipt, file: waiting.file })
    rememberUnfinished(place, null)
  }
  const own = recallDeposit(tender.tender, receipt.lot, receipt.recipient)
  return own?.receipt.sha256 === receipt.sha256 && own.file ? sealedFile(own.file) : null
}

export function useDeposit(tender: TenderCard, lot: string, origin: string) {
  const login = useLogin()
  const step = ref<DepositStep | null>(null)
  const fraction = ref(0)
  /** Milliseconds, a guess; null while there is none. */
  const left = ref<number | null>(null)
  const away = ref(false)
  const failure = shallowRef<Failure | null>(null)
  const unfinished = shallowRef<Unfinished | null>(null)
  let began = { step: '', at: 0, fraction: 0 }

  const progress = (now: DepositStep, done: number): void => {
    if (began.step !== now) began = { step: now, at: performance.now(), fraction: done }
    const elapsed = performance.now() - began.at
    const share = done - began.fraction
    left.value = elapsed > GUESS_AFTER && share > GUESS_FROM ? (elapsed * (1 - done)) / share : null
    step.value = now
    fraction.value = done
  }
  const place = (): Place => ({ tender: tender.tender, lot, certificate: login.me?.certificate ?? '' })
  // What cannot be gone on with after a reload is not left by mistake.
  const staying = (event: BeforeUnloadEvent): void => {
    if (step.value !== null && step.value !== 'uploading') event.preventDefault()
  }
  addEventListener('beforeunload', staying)
  onScopeDispose(() => removeEventListener('beforeunload', staying))

  /** Look for a sealed file that still waits to be deposited. */
  async function look(): Promise<void> {
    const found = recallUnfinished(place())
    if (found === null) return
    if ((await sealedFile(found.file))?.size === found.size) unfinished.value = found
    else rememberUnfinished(place(), null)
  }

  function keep(act: SignedAct, receipt: Receipt, file: string | null): void {
    rememberDeposit({ act, receipt, file })
    rememberUnfinished(place(), null)
    unfinished.value = null
    void dropOthers(place(), file === null ? [] : [file])
  }

  /** Each gives the sealed file, for the bidder to keep, or null when it failed (then `failure` says why). */
  async function attempt(work: () => Promise<Blob>): Promise<Blob | null> {
    failure.value = null
    try {
      return await work()
    } catch (thrown) {
      const refused = asFailure(thrown)
      failure.value = refused
      if (!PASSING.includes(refused.code)) rememberUnfinished(place(), null)
      unfinished.value = recallUnfinished(place())
      return null
    } finally {
      step.value = null
      away.value = false
      left.value = null
    }
  }

  const run = (order: DepositOrder): Promise<Blob | null> =>
    attempt(async () => {
      const identity = login.key()
      if (tender.suite !== suiteOf(identity)) throw new Failure('unsupported_suite') // Before the work, not after the upload.
      progress('signing', 0)
      const kept = [recallDeposit(tender.tender, lot, identity.fingerprint)?.file ?? '']
      await dropOthers(place(), kept) // What an earlier try left behind would take the room.
      const name = await newName(place())
      const bid = { tender: tender.tender, lot, bidder: login.me?.party ?? '', columns: { ...order.columns }, pdf: order.pdf, pdfName: order.pdfName }
      const job = { bid, identity, at: hallNow(), name, passphrase: order.passphrase }
      const { sealed, file, kept: onDisk, recovery } = await sealInWorker(job, progress)
      // Before the upload: who closes the window now still has what it was promised.
      if (recovery !== null) saveBlob(new Blob([recovery], { type: 'application/json' }), `${tender.tender}-${lot}.recovery.json`)
      const waiting = { file: name, size: sealed.size, sha256: sealed.sha256, at: hallNow() }
      if (onDisk) rememberUnfinished(place(), waiting)
      return finish(file, waiting, onDisk)
    })

  const goOn = (): Promise<Blob | null> =>
    attempt(async () => {
      const waiting = unfinished.value
      const file = waiting === null ? null : await sealedFile(waiting.file)
      if (waiting === null || file === null) throw new Failure('sealed_file_gone')
      return finish(file, waiting, true)
    })

  function discard(): void {
    rememberUnfinished(place(), null)
    unfinished.value = null
    void dropOthers(place(), [recallDeposit(tender.tender, lot, place().certificate)?.file ?? ''])
  }

  async function finish(file: Blob, { file: name, sha256 }: Unfinished, onDisk: boolean): Promise<Blob> {
    progress('uploading', 0)
    const watcher = { progress: (done: number) => progress('uploading', done), waiting: (now: boolean) => (away.value = now) }
    const upload = await uploadSealed({ tender: tender.tender, lot }, file, sha256, watcher)
    progress('depositing', 1)
    const act = await statement(file, sha256)
    const answered = watchOver(act, file.size / CHECKED_PER_MS)
    const receipt = await insisting(() => deposit(upload, act))
    answered()
    await checkReceipt(receipt, act, tender.log_key)
    await useProof().promised(origin, tender.tender, 'receipt', receipt)
    keep(act, receipt, onDisk ? name : null)
    return file
  }

  /** The signed statement, from the file itself: what was sealed and tested is what is stated. */
  async function statement(file: Blob, digest: string): Promise<SignedAct> {
    const identity = login.key()
    const { header } = await readSealed(file)
    if (header.recipient !== recipientOf(identity).fingerprint) throw new Failure('wrong_certificate', { needed: header.recipient })
    const context = {
      origin,
      tender: tender.tender,
      lot,
      opening: tender.opening,
      deadline: tender.bid_deadline,
      epoch: 0,
      // Before the announcement nobody may know a manifest or the tree: both would betray how many bid.
      manifest: ZERO_DIGEST,
      tree_size: 0,
      tree_root: ZERO_DIGEST,
      server_nonce: await insisting(() => getNonce(identity.fingerprint)),
    }
    return signAct(identity, 'deposit', context, {
      size: file.size,
      sha256: digest,
      commit: hex(header.commit),
      tag_commit: hex(header.tagCommit),
      salt: hex(header.salt),
      recipient: header.recipient,
      self_test: true,
      client: CLIENT,
    })
  }

  /** The same again while the line is away: by its nonce the hall knows an act that it has answered already. */
  async function insisting<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await call()
        away.value = false
        return answer
      } catch (thrown) {
        if (asFailure(thrown).code !== 'connection_lost' || tries === TRIES) throw thrown
        away.value = true
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
  }

  return { step, fraction, left, away, failure, unfinished, look, run, goOn, discard }
}
