/** One opening as this window lives it: what it knows, its line to the hall, and the acts it signs. */
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef } from 'vue'
import { type ActType, type SignedAct, ZERO_DIGEST, bodyDigest, signAct } from '@/crypto/act'
import { type Json } from '@/crypto/canonical'
import { Failure, asFailure } from '@/failure'
import { toldCode } from '@/opening/attempts'
import { NOTHING, type OpeningKnowledge, reduce } from '@/opening/reducer'
import { getNonce, getUpdate, postAct } from '@/wire/api'
import { untilAnswered } from '@/wire/repeat'
import { HallLine, type Line } from '@/wire/socket'
import { watchOver } from '@/proof/unanswered'
import { type Ack, type Changes, type LotView, type Update, type View } from '@/wire/types.gen'
import { pinCustody } from './custody'
import { useLogin } from './login'
import { pinCommanders } from './pins'
import { useProof } from './proof'

export const useOpening = defineStore('opening', () => {
  const knowledge = shallowRef<OpeningKnowledge>(NOTHING)
  const line = ref<Line>('connecting')
  const lineReason = ref('')
  const hall = shallowRef<HallLine | null>(null)
  /** Participants whose voice arrives at the hall now, as far as this viewer may watch them. */
  const speaking = shallowRef<ReadonlySet<string>>(new Set())

  const view = computed(() => knowledge.value.view)
  const timeline = computed(() => knowledge.value.timeline)

  /** takeOver: go on here, whoever of the same party is live on another device. */
  function enter(opening: string, takeOver = false): void {
    leave()
    const connection = new HallLine(opening, {
      onLine(now, reason) {
        line.value = now
        lineReason.value = reason
        if (now !== 'live') speaking.value = new Set() // A new line starts from nobody.
        if (now === 'live') void tellOfAttempts()
      },
      onUpdate: take,
      onSpeaking: (participants) => (speaking.value = new Set(participants)),
      cursor: () => knowledge.value.timeline.length,
      takeOver: async (fence) => sign((view.value ?? (await getUpdate(opening, 0)).view), 'take_over', '', { fence }),
    })
    hall.value = markRaw(connection)
    connection.open(takeOver)
  }

  /** Another device of this party is live, or was: take its place by a signed act. The password is asked for after a reload. */
  function continueHere(opening: string): void {
    const login = useLogin()
    if (login.locked) login.asking = true
    else enter(opening, true)
  }

  function leave(): void {
    hall.value?.close()
    hall.value = null
    knowledge.value = NOTHING
    line.value = 'connecting'
  }

  /** End the line but keep what is known: the person has left the room and may still read. */
  function depart(): void {
    hall.value?.close()
    hall.value = null
    line.value = 'closed'
  }

  function take(message: Update | Changes): void {
    knowledge.value = reduce(knowledge.value, message)
    if (view.value !== null) {
      pinCommanders(view.value)
      pinCustody(view.value)
      useProof().follow(view.value)
    }
    if (knowledge.value.askFrom !== null) void hall.value?.join().catch(() => undefined) // The next reconnect asks as well.
  }

  /** Whether the hall would take this act from this viewer now. */
  function may(type: string, lot = ''): boolean {
    return view.value?.may.includes(lot === '' ? type : `${type}:${lot}`) ?? false
  }

  /** Lots in which this viewer may send the act. */
  function lotsFor(type: string): LotView[] {
    return view.value?.lots.filter((lot) => may(type, lot.lot)) ?? []
  }

  /**
   * Sign an act and hand it in. While nothing answers, the same act is sent again: its client nonce makes the hall answer a
   * repetition as it answered the first.
   */
  async function act(type: ActType, lot: string, body: Json, onRepeat: () => void = () => undefined): Promise<Ack> {
    const seen = view.value
    if (seen === null) throw new Failure('connection_lost')
    const signed = await sign(seen, type, lot, body)
    const answered = type === 'release' ? watchOver(signed) : () => undefined
    try {
      const ack = await untilAnswered(() => postAct(seen.opening, signed), onRepeat)
      if (ack.body_digest !== (await bodyDigest(signed))) throw new Failure('receipt_mismatch')
      await useProof().promised(seen.origin, seen.tender, 'ack', ack)
      answered()
      return ack
    } catch (thrown) {
      const failure = asFailure(thrown)
      if (failure.code !== 'connection_lost') answered()
      throw failure
    }
  }

  /** What failed in this page and the hall has not heard of yet: it waits for the line. */
  let untold: { act: string; lot: string; code: string }[] = []

  /** An act of weight failed here before anything could be signed, or found no way to the hall (clause 5.3.3). */
  function attempted(type: string, lot: string, code: string): void {
    const told = toldCode(type, code)
    if (view.value?.you.role !== 'bidder' || told === null) return
    untold.push({ act: type, lot, code: told })
    void tellOfAttempts()
  }

  /** The key could not be opened: whatever this viewer could have signed now has failed. */
  function keyFailed(code: string): void {
    if (may('sign_in')) attempted('sign_in', '', code)
    for (const { lot } of lotsFor('release')) attempted('release', lot, code)
  }

  async function tellOfAttempts(): Promise<void> {
    const connection = hall.value
    const waiting = untold
    untold = []
    for (const one of waiting) {
      try {
        await connection?.ask('attempt', one)
      } catch (thrown) {
        if (asFailure(thrown).code === 'connection_lost') untold.push(one) // Any other answer is final.
      }
    }
  }

  async function sign(seen: View, type: ActType, lot: string, body: Json): Promise<SignedAct> {
    const identity = useLogin().key()
    const verified = useProof().verified()
    const context = {
      origin: seen.origin,
      tender: seen.tender,
      lot,
      opening: seen.opening,
      deadline: seen.bid_deadline,
      epoch: seen.epoch,
      manifest: seen.manifest?.digest ?? ZERO_DIGEST,
      tree_size: verified?.tree_size ?? 0,
      tree_root: verified?.tree_root ?? ZERO_DIGEST,
      server_nonce: await getNonce(identity.fingerprint),
    }
    return signAct(identity, type, context, body)
  }

  return { view, timeline, line, lineReason, hall, speaking, enter, continueHere, leave, depart, may, lotsFor, act, attempted, keyFailed }
})
