/**
 * The live connection: one Socket.IO socket that answers the hall's heartbeats at once, watches for silence itself, and after
 * each break comes back to where it was. Screens see `update` messages and the state of the line, nothing of Socket.IO.
 */
import { type Socket, io } from 'socket.io-client'
import { Failure, type Facts } from '@/failure'
import { noteHallTime } from './halltime'
import { type Update } from './types.gen'

/** Nothing from the hall for this long: the line is dead, whatever the socket believes (its own ping takes half a minute). */
export const SILENCE = 6_000
const FIRST_RETRY = { least: 500, most: 3_000 }
const LONGEST_RETRY = 10_000
const ANSWER_LIMIT = 15_000
const FROZEN = 5_000
/** Refusals that pass by themselves; any other answer of the hall is final. */
const PASSING = ['connection_lost', 'not_ready', 'unavailable', 'too_many_questions', 'not_joined']

export type Line = 'connecting' | 'live' | 'lost' | 'superseded' | 'closed' | 'refused'

export interface LineEvents {
  onLine(line: Line, reason: string): void
  onUpdate(update: Update): void
  /** Entries this window has: the hall answers from there. */
  cursor(): number
}

type Answer<T> = { readonly ok: T } | { readonly error: { readonly code: string; readonly facts?: Facts } }

/** ms before the n-th retry (from 0): 0.5–3 s at random, doubling, at most 10 s. `chance` in [0, 1). */
export function retryDelay(n: number, chance: number): number {
  const { least, most } = FIRST_RETRY
  return Math.min(LONGEST_RETRY, (least + chance * (most - least)) * 2 ** n)
}

export class HallLine {
  private socket: Socket | null = null
  private heard = performance.now()
  private tries = 0
  private watched = performance.now()
  private woke = 0
  private watchdog: ReturnType<typeof setInterval> | undefined
  private retry: ReturnType<typeof setTimeout> | undefined
  private ended = false

  constructor(
    private readonly opening: string,
    private readonly events: LineEvents,
  ) {}

  open(): void {
    this.ended = false
    this.connect()
    this.watchdog = setInterval(() => this.watch(), 1_000)
    document.addEventListener('visibilitychange', this.onVisibility)
    document.addEventListener('freeze', this.onFreeze)
    document.addEventListener('resume', this.onResume)
    window.addEventListener('online', this.onOnline)
  }

  close(): void {
    this.end()
    this.drop()
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
    this.events.onLine('live', '')
    if (this.woke > 0) this.socket?.emit('hint', { kind: 'woke', gap_ms: this.woke })
    this.woke = 0
    this.events.onUpdate(update)
  }

  private connect(): void {
    this.drop()
    this.events.onLine('connecting', '')
    this.heard = performance.now()
    const socket = io({ transports: ['websocket'], reconnection: false, forceNew: true, auth: { opening: this.opening, robot: false } })
    this.socket = socket
    socket.onAny(() => {
      this.heard = performance.now()
    })
    socket.on('connect', () => void this.join().catch((thrown: unknown) => this.onJoinFailed(thrown)))
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => this.onRefused(error.data?.code))
    socket.on('disconnect', (reason) => this.lost(reason))
    socket.on('hb?', ({ n, now }: { n: number; now: number }) => {
      socket.emit('hb', { n })
      noteHallTime(now)
    })
    socket.on('update', (update: Update) => this.events.onUpdate(update))
    socket.on('superseded', ({ reason }: { reason: string }) => this.finish('superseded', reason))
    socket.on('bye', ({ reason }: { reason: string }) => this.finish('closed', reason))
  }

  private watch(): void {
    const now = performance.now()
    // Timers stood still: the computer slept, or the browser froze the page. The hall hears of it as soon as it can.
    if (now - this.watched > FROZEN) this.woke = Math.round(now - this.watched)
    this.watched = now
    if (this.socket !== null && performance.now() - this.heard > SILENCE) this.lost('silence')
  }

  private lost(reason: string): void {
    if (this.ended || this.socket === null) return
    this.drop()
    this.events.onLine('lost', reason)
    clearTimeout(this.retry)
    this.retry = setTimeout(() => this.connect(), retryDelay(this.tries++, Math.random()))
  }

  private onRefused(code: string | undefined): void {
    if (code === 'superseded') this.finish('superseded', 'takeover')
    else if (code === undefined || PASSING.includes(code)) this.lost(code ?? 'connect_error')
    else this.finish('refused', code)
  }

  private onJoinFailed(thrown: unknown): void {
    this.onRefused(thrown instanceof Failure ? thrown.code : undefined)
  }

  private finish(line: Line, reason: string): void {
    this.end()
    this.drop()
    this.events.onLine(line, reason)
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    socket?.removeAllListeners()
    socket?.disconnect()
  }

  private end(): void {
    this.ended = true
    clearInterval(this.watchdog)
    clearTimeout(this.retry)
    document.removeEventListener('visibilitychange', this.onVisibility)
    document.removeEventListener('freeze', this.onFreeze)
    document.removeEventListener('resume', this.onResume)
    window.removeEventListener('online', this.onOnline)
  }

  private hint(kind: 'hidden' | 'visible' | 'freeze' | 'resume'): void {
    if (this.socket?.connected) this.socket.emit('hint', { kind, gap_ms: Math.round(performance.now() - this.heard) })
  }

  private readonly onVisibility = (): void => this.hint(document.hidden ? 'hidden' : 'visible')
  private readonly onFreeze = (): void => this.hint('freeze')
  private readonly onResume = (): void => this.hint('resume')
  // The network is back: no need to wait for the rest of the pause.
  private readonly onOnline = (): void => {
    if (this.socket !== null || this.ended) return
    clearTimeout(this.retry)
    this.connect()
  }
}
