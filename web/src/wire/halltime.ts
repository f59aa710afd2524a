/**
 * Hall time, never the computer's: the hall's clock as measured over the wire, carried on by the monotonic clock between
 * measurements. `age` says how long ago the last one was; past STALE the screens must say so.
 */
import { reactive, readonly } from 'vue'

export interface Sample {
  /** Hall time in the answer, ms UTC. */
  readonly hall: number
  /** Monotonic ms when the question left and when the answer came; equal for a message that nobody asked for. */
  readonly sent: number
  readonly received: number
}

/** ms without a measurement after which the shown time is no longer to be trusted. */
export const STALE = 10_000

const KEPT = 8
const JUMP = 1_000

/** The measurements' arithmetic, apart from any clock. `offset` = hall time − monotonic time; null before the first sample. */
export class Measurement {
  private samples: Sample[] = []

  get offset(): number | null {
    const best = this.samples.reduce<Sample | null>((a, b) => (a === null || roundTrip(b) < roundTrip(a) ? b : a), null)
    return best === null ? null : offsetOf(best)
  }

  get lastAt(): number | null {
    return this.samples[this.samples.length - 1]?.received ?? null
  }

  add(sample: Sample): void {
    const current = this.offset
    // The hall's clock was moved (rehearsal) or this computer slept: older measurements tell nothing any more.
    if (current !== null && Math.abs(offsetOf(sample) - current) > JUMP + roundTrip(sample) / 2) this.samples = []
    this.samples = [...this.samples, sample].slice(-KEPT)
  }
}

const measurement = new Measurement()
const state = reactive({ now: 0, age: Infinity, synced: false })

/** Ticks four times a second for the screens. `age` in ms since the last measurement. */
export const hallTime = readonly(state)

/** How many ms this computer's own clock is ahead of the hall's; as it stood when the page was opened; for the self-check alone. */
export function machineAhead(): number {
  const now = hallNow()
  return now === 0 ? 0 : performance.timeOrigin + performance.now() - now
}

/** Hall time now, ms UTC. Zero before the first measurement. */
export function hallNow(): number {
  const { offset } = measurement
  return offset === null ? 0 : Math.trunc(performance.now() + offset)
}

export function addSample(sample: Sample): void {
  measurement.add(sample)
  tick()
}

/** A time that came with a message of the hall's own: good enough to notice that the clock was moved. */
export function noteHallTime(hall: number): void {
  const now = performance.now()
  if (measurement.offset === null || Math.abs(hall - now - measurement.offset) > JUMP) addSample({ hall, sent: now, received: now })
}

/** This computer's own clock, ms: it shows that the computer slept, and nothing else is to be read from it. */
export function machineTime(): number {
  // eslint-disable-next-line no-restricted-syntax -- a sleep stops the monotonic clock of some computers, and only this one shows it
  return Date.now()
}

/** Keep measuring with `ask` (gives hall time) every `interval` ms; a question that fails is asked again at the next turn. */
export function keepMeasuring(ask: () => Promise<number>, interval = 3_000): () => void {
  const measure = async (): Promise<void> => {
    const sent = performance.now()
    try {
      const hall = await ask()
      addSample({ hall, sent, received: performance.now() })
    } catch {
      tick() // The age grows, and the screens show it.
    }
  }
  void measure()
  const asking = setInterval(() => void measure(), interval)
  const ticking = setInterval(tick, 250)
  return () => {
    clearInterval(asking)
    clearInterval(ticking)
  }
}

function tick(): void {
  state.now = hallNow()
  state.synced = measurement.offset !== null
  state.age = measurement.lastAt === null ? Infinity : performance.now() - measurement.lastAt
}

function roundTrip(sample: Sample): number {
  return sample.received - sample.sent
}

function offsetOf(sample: Sample): number {
  return sample.hall - (sample.sent + sample.received) / 2
}
