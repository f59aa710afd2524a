/**
 * One history for everybody (docs/protocol.md, Proof): this browser verifies each checkpoint of the hall, keeps the last one across
 * reloads, and lets nothing be signed once it has seen a contradiction. Supervisor and notary co-sign what was verified here.
 */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { Failure, asFailure } from '@/failure'
import { cosign } from '@/proof/cosigning'
import * as w from '@/proof/witness'
import { getConsistency, getInclusion, getTender, postCosignature } from '@/wire/api'
import { hallNow } from '@/wire/halltime'
import { type Ack, type Receipt, type View } from '@/wire/types.gen'
import { useLogin } from './login'

const PAUSE = 2_000
const COSIGNERS = ['supervisor', 'notary']
/** The line is down or the login over: that says nothing about the history. */
const NO_ANSWER = ['connection_lost', 'login_needed']

export const useProof = defineStore('proof', () => {
  const witness = shallowRef<w.Witness>(w.NOBODY)
  const verifiedAt = ref(0)
  const behind = ref(false)
  const seen = ref(0)
  const cosigned = ref({ count: 0, at: 0 })
  const cosignFailure = shallowRef<Failure | null>(null)
  const consent = ref(true)
  const alarm = computed(() => witness.value.alarm)
  let place = ''
  let turn: Promise<unknown> = Promise.resolve()

  /** One step after the other: a proof is asked for from what the step before has kept. */
  function queue<T>(step: () => Promise<T>): Promise<T> {
    const next = turn.then(step, step)
    turn = next.catch(() => undefined)
    return next
  }

  function open(origin: string, tender: string): void {
    const wanted = `proof/${origin}/${tender}`
    if (place === wanted) return
    place = wanted
    witness.value = read(wanted)
    seen.value = 0
    behind.value = false
    consent.value = localStorage.getItem(`${wanted}/consent`) !== 'no'
  }

  function adopt(found: w.Witness): void {
    if (found === witness.value) return
    witness.value = found
    localStorage.setItem(place, JSON.stringify(found))
  }

  /** Take whatever a view shows of the history. */
  function follow(view: View): void {
    open(view.origin, view.tender)
    const note = view.checkpoint?.note ?? ''
    if (note === '' || note === latest) return
    latest = note
    seen.value = view.checkpoint?.size ?? 0
    void queue(() => verify(view, note))
  }
  let latest = ''

  async function verify(view: View, note: string): Promise<void> {
    const started = performance.now()
    while (note === latest && alarm.value === null) {
      try {
        if (witness.value.log_key === '') adopt(w.sawKey(witness.value, (await getTender(view.tender)).log_key, hallNow()))
        const step = await w.saw(witness.value, note, hallNow())
        adopt(step.witness)
        const from = step.witness.kept
        if (step.wanted !== null && from !== null) {
          const { path } = await getConsistency(view.opening, from.size, step.wanted.size)
          adopt(await w.proved(witness.value, note, path, hallNow()))
        }
        await meetOthers(view)
        await redeem(view.opening)
        verifiedAt.value = hallNow()
        behind.value = false
        await cosignHere(view, note)
        return
      } catch (thrown) {
        behind.value = true
        const silent = NO_ANSWER.includes(asFailure(thrown).code)
        if (!silent && performance.now() - started > w.ASKED_FOR) adopt(w.unproved(witness.value, note, hallNow()))
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
  }

  /** The host signed over a history, too: parties who were shown different ones find out from each other's acts. */
  async function meetOthers(view: View): Promise<void> {
    for (const { command } of view.lots) {
      const { kept } = witness.value
      const size = Number(command?.['tree_size'] ?? 0)
      if (command === null || kept === null || size === 0 || size > kept.size) continue
      const { path } = size === kept.size ? { path: [] } : await getConsistency(view.opening, size, kept.size)
      adopt(await w.met(witness.value, command, path, hallNow()))
    }
  }

  async function redeem(opening: string): Promise<void> {
    for (const promise of w.owed(witness.value)) {
      try {
        const { index, path } = await getInclusion(opening, promise.leaf, witness.value.kept?.size ?? 0)
        adopt(await w.included(witness.value, promise.leaf, index, path, hallNow()))
      } catch (thrown) {
        const { code } = asFailure(thrown)
        if (code !== 'no_such_leaf') throw thrown
        adopt(w.broken(witness.value, promise.leaf, hallNow()))
      }
    }
  }

  async function cosignHere(view: View, note: string): Promise<void> {
    const { identity } = useLogin()
    const { kept } = witness.value
    if (!COSIGNERS.includes(view.you.role) || identity === null || !consent.value || kept?.note !== note || alarm.value !== null) return
    try {
      const at = Math.floor(hallNow() / 1000)
      await postCosignature(view.opening, kept.size, await cosign(identity, note, at))
      cosigned.value = { count: cosigned.value.count + 1, at: hallNow() }
      cosignFailure.value = null
    } catch (thrown) {
      cosignFailure.value = asFailure(thrown)
    }
  }

  function agree(to: boolean): void {
    consent.value = to
    localStorage.setItem(`${place}/consent`, to ? 'yes' : 'no')
  }

  /** Throws Failure('another_history') where two histories were seen: nothing is to be signed any more. */
  function check(): void {
    if (alarm.value !== null) throw new Failure('another_history', { seen: alarm.value.code })
  }

  /** What acts bind: the history verified last. Throws as `check`. */
  function verified(): { tree_size: number; tree_root: string } | null {
    check()
    const { kept } = witness.value
    return kept === null ? null : { tree_size: kept.size, tree_root: kept.root }
  }

  /** Take a receipt or acknowledgement the moment it arrives. Throws as `check`. */
  async function promised(origin: string, tender: string, label: 'receipt' | 'ack', document: Receipt | Ack): Promise<void> {
    open(origin, tender)
    await queue(async () => {
      if (witness.value.log_key === '') adopt(w.sawKey(witness.value, (await getTender(tender)).log_key, hallNow()))
      adopt(await w.promised(witness.value, label, document as unknown as Record<string, unknown>, hallNow()))
    })
    check()
  }

  return { witness, alarm, verifiedAt, behind, seen, cosigned, cosignFailure, consent, follow, agree, check, verified, promised }
})

function read(place: string): w.Witness {
  const stored = localStorage.getItem(place)
  return stored === null ? w.NOBODY : (JSON.parse(stored) as w.Witness)
}
