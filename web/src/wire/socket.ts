/**
 * The live connection: one Socket.IO socket that answers the hall's heartbeats at once, watches for silence itself, and after
 * each break comes back to where it was. Screens see `update` messages and the state of the line, nothing of Socket.IO.
 */
import { type Socket, io } from 'socket.io-client'
import { Failure, type Facts, asFailure } from '@/failure'
import { type SignedAct } from '@/crypto/act'
import { hex, random } from '@/crypto/bytes'
import { machineTime, noteHallTime } from './halltime'
import { type Pulse, startPulse } from './pulse'
import { type Changes, type Update } from './types.gen'

/** Nothing from the hall for this long: the line is dead, whatever the socket believes (its own ping takes half a minute). */
export const SILENCE = 6_000
const FIRST_RETRY = { least: 500, most: 3_000 }
const LONGEST_RETRY = 10_000
const ANSWER_LIMIT = 15_000
const FROZEN = 5_000
/** This page, made anew with each load and kept over all its connections: whoever comes back is no other device. */
const CLIENT = hex(random(16))
/** Refusals that pass by themselves; any other answer of the hall is final. */
const PASSING = ['connection_lost', 'not_ready', 'unavailable', 'too_many_questions', 'not_joined']

/** `superseded`: another device of the party is live; reason `takeover`, `handover`, or `takeover_needed` before one was here. */
export type Line = 'connecting' | 'live' | 'lost' | 'superseded' | 'closed' | 'refused'

export interface LineEvents {
  onLine(line: Line, reason: string): void
  onUpdate(message: Update | Changes): void
  /** Whose voice arrives now, of those that this viewer may watch. */
  onSpeaking(participants: readonly string[]): void
  /** Entries this window has: the hall answers from there. */
  cursor(): number
  /** Sign that this window takes the place of the live connection with this number (clause 5.3.7). */
  takeOver(fence: number): Promise<SignedAct>
}

type Answer<T> = { readonly ok: T } | { readonly error: { readonly code: string; readonly facts?: Facts } }

/** ms before the n-th retry (from 0): 0.5–3 s at random, doubling, at most 10 s. `chance` in [0, 1). */
export function retryDelay(n: number, chance: number): number {
  const { least, most } = FIRST_RETRY
  return Math.min(LONGEST_RETRY, (least + chance * (most - least)) * 2 ** n)
}

/** Notices that this machine slept, or that the browser froze the page: what either clock shows beyond the beat of the watch. */
export class SleepWatch {
  constructor(
    private monotonic: number,
    private wall: number,
  ) {}

  /** ms lost since the last tick, 0 for an ordinary one. Some machines stop the monotonic clock while they sleep. */
  tick(monotonic: number, wall: number): number {
    const gap = Math.max(monotonic - this.monotonic, wall - this.wall)
    this.monotonic = monotonic
    this.wall = wall
    return gap > FROZEN ? Math.round(gap) : 0
  }
}

export class HallLine {
  private socket: Socket | null = null
  private heard = performance.now()
  private tries = 0
  private readonly sleep = new SleepWatch(performance.now(), machineTime())
  private woke = 0
  private pulse: Pulse | undefined
  private retry: ReturnType<typeof setTimeout> | undefined
  private ended = false
  private takingOver = false
  private takeover: SignedAct | null = null

  constructor(
    private readonly opening: string,
    private readonly events: LineEvents,
  ) {}

  /** takeOver: the person wants to go on here, whoever of the same party is live elsewhere. */
  open(takeOver = false): void {
    this.ended = false
    this.takingOver = takeOver
    this.connect()
    this.pulse = startPulse(() => this.watch())
    document.addEventListener('visibilitychange', this.onVisibility)
    document.addEventListener('freeze', this.onFreeze)
    document.addEventListener('resume', this.onResume)
    window.addEventListener('online', this.onOnline)
    window.addEventListener('pagehide', this.onPageHide)
    window.addEventListener('pageshow', this.onPageShow)
  }

  /** Leave the room, and say so. */
  close(): void {
    this.end()
    this.sayGoodbye()
  }

  /** Ask the hall and wait for its answer. Throws the hall's Failure, or `connection_lost`. */
  async ask<T>(event: string, payload: unknown): Promise<T> {
    const socket = this.socket
    if (!socket?.connected) throw new Failure('connection_lost')
    let answer: Answer<T>
    try {
      answer = (await socket.timeout(ANSWER_LIMIT).emitWithAck(event, payload)) as Answer<T>
    } catch {
      throw new Failure('connection_lost')
    }
    if ('error' in answer) throw new Failure(answer.error.code, answer.error.facts ?? {})
    return answer.ok
  }

  /** Ask again from what this window has, and hear the rest as updates. */
  async join(): Promise<void> {
    const update = await this.ask<Update>('join', { cursor: this.events.cursor() })
    this.tries = 0
    this.takingOver = false
    this.takeover = null
    this.events.onLine('live', '')
    this.tellOfSleep()
    this.events.onUpdate(update)
  }

  private connect(): void {
    this.drop()
    this.events.onLine('connecting', '')
    this.heard = performance.now()
    const auth = { opening: this.opening, robot: false, client: CLIENT, takeover: this.takeover }
    const socket = io({ transports: ['websocket'], reconnection: false, forceNew: true, auth })
    this.socket = socket
    socket.onAny(() => {
      this.heard = performance.now()
    })
    socket.on('connect', () => void this.join().catch((thrown: unknown) => this.onJoinFailed(thrown)))
    socket.on('connect_error', (error: Error & { data?: { code?: string; facts?: Facts } }) => this.onRefused(error.data?.code, error.data?.facts))
    socket.on('disconnect', (reason) => this.lost(reason))
    socket.on('hb?', ({ n, now }: { n: number; now: number }) => {
      socket.emit('hb', { n })
      noteHallTime(now)
    })
    socket.on('update', (message: Update | Changes) => this.events.onUpdate(message))
    socket.on('speaking', ({ participants }: { participants: string[] }) => this.events.onSpeaking(participants))
    socket.on('superseded', ({ reason }: { reason: string }) => this.finish('superseded', reason))
    socket.on('bye', ({ reason }: { reason: string }) => this.finish('closed', reason))
  }

  private watch(): void {
    const slept = this.sleep.tick(performance.now(), machineTime())
    if (slept > 0) this.woke = slept
    if (this.socket === null) return
    // After a sleep the hall has long given this line up, whatever the monotonic clock of this machine says of it.
    const silent = slept > SILENCE || performance.now() - this.heard > SILENCE
    if (silent) this.lost('silence')
    else this.tellOfSleep()
  }

  private tellOfSleep(): void {
    if (this.woke > 0 && this.hint('woke', this.woke)) this.woke = 0
  }

  private lost(reason: string): void {
    if (this.ended || this.socket === null) return
    this.drop()
    this.events.onLine('lost', reason)
    clearTimeout(this.retry)
    this.retry = setTimeout(() => this.connect(), retryDelay(this.tries++, Math.random()))
  }

  private onRefused(code: string | undefined, facts: Facts = {}): void {
    if (code === 'takeover_needed' && this.takingOver) void this.takePlace(Number(facts['fence']))
    else if (code === 'takeover_needed') this.finish('superseded', code)
    else if (code === 'superseded') this.finish('superseded', 'takeover')
    else if (code === undefined || PASSING.includes(code)) this.lost(code ?? 'connect_error')
    else this.finish('refused', code)
  }

  private async takePlace(fence: number): Promise<void> {
    try {
      this.takeover = await this.events.takeOver(fence)
    } catch (thrown) {
      const { code } = asFailure(thrown)
      if (PASSING.includes(code)) this.lost(code)
      else this.finish('superseded', code)
      return
    }
    if (!this.ended) this.connect()
  }

  private onJoinFailed(thrown: unknown): void {
    this.onRefused(thrown instanceof Failure ? thrown.code : undefined)
  }

  private finish(line: Line, reason: string): void {
    this.end()
    this.drop()
    this.events.onLine(line, reason)
  }

  /** Give the line up without a word: the hall must not take a broken line for a person who left. */
  private drop(): void {
    const socket = this.socket
    this.socket = null
    socket?.removeAllListeners()
    socket?.io.engine?.close()
  }

  private sayGoodbye(): void {
    const socket = this.socket
    this.socket = null
    socket?.removeAllListeners()
    socket?.disconnect()
  }

  private end(): void {
    this.ended = true
    this.pulse?.stop()
    clearTimeout(this.retry)
    document.removeEventListener('visibilitychange', this.onVisibility)
    document.removeEventListener('freeze', this.onFreeze)
    document.removeEventListener('resume', this.onResume)
    window.removeEventListener('online', this.onOnline)
    window.removeEventListener('pagehide', this.onPageHide)
    window.removeEventListener('pageshow', this.onPageShow)
  }

  private hint(kind: 'hidden' | 'visible' | 'freeze' | 'resume' | 'woke', gap: number): boolean {
    if (!this.socket?.connected) return false
    this.socket.emit('hint', { kind, gap_ms: Math.round(gap) })
    return true
  }

  private readonly onVisibility = (): void => void this.hint(document.hidden ? 'hidden' : 'visible', 0)
  private readonly onFreeze = (): void => void this.hint('freeze', 0)
  private readonly onResume = (): void => void this.hint('resume', performance.now() - this.heard)
  // The network is back: no need to wait for the rest of the pause.
  private readonly onOnline = (): void => {
    if (this.socket !== null || this.ended) return
    clearTimeout(this.retry)
    this.connect()
  }
  // The page goes: the person leaves, and the hall hears it at once. A page that comes out of the browser's cache enters again.
  private readonly onPageHide = (): void => {
    clearTimeout(this.retry)
    this.sayGoodbye()
  }
  private readonly onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) this.onOnline()
  }
}
