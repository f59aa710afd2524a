/** A beat each second that a hidden tab does not slow down: browsers throttle a page's timers to one a minute, not a worker's. */
export interface Pulse {
  stop(): void
}

export function startPulse(beat: () => void): Pulse {
  const worker = new Worker(new URL('./pulse.worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = beat
  return { stop: () => worker.terminate() }
}
