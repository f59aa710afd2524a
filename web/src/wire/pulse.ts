/** A beat each second that a hidden tab does not slow down: browsers throttle a page's timers to one a minute, not a worker's. */
export interface Pulse {
  stop(): void
}

export function startPulse(beat: () => void): Pulse {
  let slow: ReturnType<typeof setInterval> | undefined
  const worker = new Worker(new URL('./pulse.worker.ts', import.meta.url), { type: 'module' })
  worker.onmessage = beat
  // A browser that runs no worker still has a watch, a slow one while its tab is hidden.
  worker.onerror = () => {
    slow ??= setInterval(beat, 1_000)
  }
  return {
    stop() {
      worker.terminate()
      clearInterval(slow)
    },
  }
}
