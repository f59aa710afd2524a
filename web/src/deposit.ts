/** The deposit, step by step: build, seal and test in the worker, upload, sign the statement, keep act and receipt. */
import { ref, shallowRef } from 'vue'
import { ZERO_DIGEST, signAct } from '@/crypto/act'
import { type SummaryColumns } from '@/crypto/container'
import { sealInWorker } from '@/crypto/sealing'
import { Failure, asFailure } from '@/failure'
import { rememberDeposit } from '@/stores/deposits'
import { useLogin } from '@/stores/login'
import { type TenderCard, deposit, getNonce } from '@/wire/api'
import { hallNow } from '@/wire/halltime'
import { uploadSealed } from '@/wire/upload'

export type DepositStep = 'sealing' | 'testing' | 'uploading' | 'depositing'

export interface DepositOrder {
  readonly tender: TenderCard
  readonly lot: string
  readonly origin: string
  readonly columns: SummaryColumns
  readonly pdf: Blob
  readonly pdfName: string
}

/** What the signed statement names as the sealing program. */
const CLIENT = 'web/0.1.0'

export function useDeposit() {
  const step = ref<DepositStep | null>(null)
  const fraction = ref(0)
  const failure = shallowRef<Failure | null>(null)

  const progress = (now: DepositStep, done: number): void => {
    step.value = now
    fraction.value = done
  }

  /** Gives the sealed file, for the bidder to keep, or null when it failed (then `failure` says why). */
  async function run(order: DepositOrder): Promise<Blob | null> {
    failure.value = null
    try {
      return await make(order, progress)
    } catch (thrown) {
      failure.value = asFailure(thrown)
      return null
    } finally {
      step.value = null
    }
  }

  return { step, fraction, failure, run }
}

async function make({ tender, lot, origin, columns, pdf, pdfName }: DepositOrder, progress: (step: DepositStep, fraction: number) => void): Promise<Blob> {
  const login = useLogin()
  const identity = login.key()
  progress('sealing', 0)
  const bid = { tender: tender.tender, lot, bidder: login.me?.party ?? '', columns: { ...columns }, pdf, pdfName }
  const { sealed, file } = await sealInWorker({ bid, identity, at: hallNow() }, progress)
  progress('uploading', 0)
  const upload = await uploadSealed({ tender: tender.tender, lot }, file, sealed.sha256, (done) => progress('uploading', done))
  progress('depositing', 1)
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
    server_nonce: await getNonce(identity.fingerprint),
  }
  const act = await signAct(identity, 'deposit', context, {
    size: sealed.size,
    sha256: sealed.sha256,
    commit: sealed.commit,
    tag_commit: sealed.tagCommit,
    salt: sealed.salt,
    recipient: sealed.recipient,
    self_test: true,
    client: CLIENT,
  })
  const receipt = await deposit(upload, act)
  // A receipt for something else is none.
  const promised = receipt.sha256 === sealed.sha256 && receipt.commit === sealed.commit && receipt.recipient === sealed.recipient
  if (!promised || receipt.size !== sealed.size) throw new Failure('receipt_mismatch')
  rememberDeposit({ act, receipt })
  return file
}
