/** A replay as its page lives it: what may be seen, who is chosen, the one clock, and what is told to the hall about the look. */
import { useI18n } from 'vue-i18n'
import { type Ref, computed, onBeforeUnmount, ref, shallowReactive, shallowRef } from 'vue'
import { type EntryWords } from '@/entries'
import { type Failure, asFailure } from '@/failure'
import { type Shown } from '@/media/player'
import { ReplayClock } from '@/media/playerclock'
import { type Gap, NOT_YET, OVER, type Span, gapsOf, spansOf } from '@/media/playerplan'
import { type Footage } from '@/media/playersource'
import { participantName, staffOf } from '@/opening/agenda'
import { NOTHING, reduce } from '@/opening/reducer'
import { getUpdate } from '@/wire/api'
import { type Covered, filesOf, getCoverage, tellLook } from './archive'
import { NAMED_GAP, type Extent, extentOf } from './bands'
import { Looks } from './looks'
import { type Line, groupOf, lineAt, linesOf, neighbour } from './transcript'

/** Most pictures side by side; a computer of the kind that people have decodes these at once. */
export const MOST = 9
const AT_FIRST = 3
const TICK = 100
const ASK_LIVE = 3_000
const ASK_AGAIN = 5_000
/** What goes by itself; any other refusal stays what it is until the viewer tries again. */
const PASSING = ['connection_lost', 'http_status']

export interface Known {
  readonly spans: readonly Span[]
  readonly gaps: readonly Gap[]
}

export interface Wish {
  readonly at: number | null
  readonly participants: readonly string[]
}

export function useReplay(opening: string, wish: Wish, words: (view: () => NonNullable<typeof NOTHING.view>) => EntryWords) {
  const { t } = useI18n()
  const knowledge = shallowRef(NOTHING)
  const people = shallowRef<readonly Covered[] | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const chosen = ref<string[]>([])
  const sound = ref('')
  const clock = new ReplayClock()
  const state = shallowReactive({ utc: 0, playing: false, waiting: false, live: false, rate: 1, growing: false })
  const shown = shallowReactive<Record<string, Shown>>({})
  const exact = shallowReactive<Record<string, Known>>({})
  const growing = new Set<string>()
  const looks = new Looks((look) => void tellLook(opening, look).catch(() => undefined)) // What was not told is noted when bytes are read.
  const files = filesOf(opening)
  let began = false

  const view = computed(() => knowledge.value.view)
  const over = computed(() => view.value?.stage === 'closed')
  const entryWords = words(() => view.value as NonNullable<typeof view.value>)
  const lines: Ref<readonly Line[]> = computed(() => (view.value === null ? [] : linesOf(view.value, knowledge.value.timeline, entryWords)))
  /** What can be stepped through: the acts, without everybody's comings and goings. */
  const steps = computed(() => lines.value.filter(({ kind }) => groupOf(kind) !== 'presence'))
  const current = computed(() => lineAt(lines.value, state.utc))
  const extent: Ref<Extent | null> = computed(() => {
    const spans = (people.value ?? []).flatMap(({ participant }) => knownOf(participant).spans)
    return extentOf(spans, steps.value.map(({ at }) => at))
  })

  /** All who may be seen, in the order in which digits count them. */
  const order = computed(() => (people.value ?? []).map(({ participant }) => participant).sort(byPlace))

  function nameOf(participant: string): string {
    const staff = view.value === null ? undefined : staffOf(view.value, participant)
    if (staff !== undefined) return `${t(`roles.${staff.role}`)} ${staff.name}`
    const named = view.value === null ? participant : participantName(view.value, participant)
    return named === participant ? (people.value?.find((one) => one.participant === participant)?.name ?? participant) : named
  }

  /** From the player's own index where it has read one, else from what the hall says about everybody. */
  function knownOf(participant: string): Known {
    const told = people.value?.find((one) => one.participant === participant)
    return exact[participant] ?? { spans: (told?.spans ?? []).map(asSpan), gaps: (told?.gaps ?? []).map((gap) => ({ ...asSpan(gap), cause: gap.cause })) }
  }

  // what is asked of the hall

  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  async function ask(): Promise<void> {
    try {
      const [update, covered] = await Promise.all([getUpdate(opening, knowledge.value.timeline.length), getCoverage(opening)])
      if (closed) return
      knowledge.value = reduce(knowledge.value, update)
      people.value = covered
      failure.value = null
      if (!began) begin(covered)
    } catch (thrown) {
      failure.value = asFailure(thrown)
    }
    const { value: refusal } = failure
    const goesOn = refusal === null ? !over.value || !began : PASSING.includes(refusal.code)
    if (!closed && goesOn) timer = setTimeout(() => void ask(), refusal === null ? ASK_LIVE : ASK_AGAIN)
  }

  /** Choose whom to show and where to begin: where the address says, else where there is something to see. */
  function begin(covered: readonly Covered[]): void {
    if (extent.value === null) return
    began = true
    const there = order.value
    const wanted = wish.participants.filter((one) => there.includes(one))
    chosen.value = (wanted.length > 0 ? wanted : there.slice(0, AT_FIRST)).slice(0, MOST)
    sound.value = chosen.value.includes('host') ? 'host' : (chosen.value[0] ?? '')
    clock.set(within(wish.at ?? firstOf(covered.filter(({ participant }) => chosen.value.includes(participant)))))
  }

  function within(utc: number): number {
    const span = extent.value
    return span === null ? utc : Math.max(span.from, Math.min(span.until, utc))
  }

  // what a player tells

  function tells(participant: string, now: Shown): void {
    shown[participant] = now
  }

  function learns(participant: string, footage: Footage): void {
    if (footage.growing) growing.add(participant)
    else growing.delete(participant)
    state.growing = growing.size > 0
    const gaps = gapsOf(footage.epochs, footage.from, Infinity).filter(({ from, until, cause }) => until - from > NAMED_GAP && cause !== OVER && cause !== NOT_YET)
    exact[participant] = { spans: spansOf(footage.epochs), gaps }
  }

  function forget(participant: string): void {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a record by participant
    delete shown[participant]
    growing.delete(participant)
    state.growing = growing.size > 0
  }

  // what the viewer does

  function toggle(participant: string): void {
    if (chosen.value.includes(participant)) chosen.value = chosen.value.filter((one) => one !== participant)
    else if (chosen.value.length < MOST) chosen.value = [...chosen.value, participant]
    if (!chosen.value.includes(sound.value)) sound.value = chosen.value[0] ?? ''
  }

  /** Hear one of those who are shown, or nobody. */
  function listen(participant: string): void {
    sound.value = participant
  }

  function jump(utc: number): void {
    clock.set(within(utc))
    tick()
  }

  function play(now: boolean): void {
    const end = extent.value?.until ?? 0
    if (now && !state.growing && clock.utc >= end - TICK) clock.set(extent.value?.from ?? 0)
    if (now) clock.play()
    else clock.pause()
    tick()
  }

  function setRate(rate: number): void {
    clock.rate = rate
    tick()
  }

  function live(): void {
    clock.live()
    tick()
  }

  /** To the next or previous event. */
  function hop(step: 1 | -1): void {
    const to = neighbour(steps.value, clock.utc, step)
    if (to !== null) jump(to)
  }

  function tick(): void {
    const end = extent.value?.until
    if (end !== undefined && !state.growing && clock.running && clock.utc >= end) {
      clock.pause()
      clock.set(end)
    }
    state.utc = Math.round(clock.utc)
    state.playing = clock.playing
    state.waiting = clock.waits
    state.live = clock.isLive
    state.rate = clock.rate
    const seen = chosen.value.filter((one) => shown[one]?.kind === 'picture' || shown[one]?.kind === 'sound')
    if (began && seen.length > 0) looks.see([...seen].sort(), clock.utc, performance.now())
  }

  const ticking = setInterval(tick, TICK)
  const tellRest = (): void => looks.flush(performance.now())
  window.addEventListener('pagehide', tellRest)
  void ask()
  onBeforeUnmount(() => {
    closed = true
    clearTimeout(timer)
    clearInterval(ticking)
    window.removeEventListener('pagehide', tellRest)
    tellRest()
  })

  return {
    opening, view, people, order, failure, chosen, sound, clock, state, shown, lines, steps, current, extent, over, files,
    nameOf, knownOf, tells, learns, forget, toggle, listen, jump, play, setRate, live, hop, ask,
  }
}

export type Replay = ReturnType<typeof useReplay>

/** Where to begin: when all who are shown had come, unless one of them came long after the others. */
function firstOf(covered: readonly Covered[]): number {
  const firsts = covered.flatMap(({ spans }) => spans.slice(0, 1)).map(({ start }) => start)
  const [earliest, latest] = [Math.min(...firsts), Math.max(...firsts)]
  return latest - earliest < SOON ? latest + AFTER_KEYFRAME : earliest
}

const SOON = 60_000
/** Sound often comes before the first picture. */
const AFTER_KEYFRAME = 1_500

const asSpan = ({ start, end }: { start: number; end: number }): Span => ({ from: start, until: end })

/** The host first, then staff, bidders, cameras of the hall. */
function byPlace(one: string, other: string): number {
  return rank(one) - rank(other) || one.localeCompare(other, undefined, { numeric: true })
}

function rank(participant: string): number {
  if (participant === 'host') return 0
  if (participant.startsWith('bidder-')) return 2
  return participant.startsWith('camera-') ? 3 : 1
}
