/** How loud the own microphone is, for the meter beside it: nothing of it leaves the page. */

const LOOK = 100
/** dB below full scale at which the meter shows nothing, and its whole length above that. */
const FLOOR = -60
const SPAN = 55

/** 0 to 1 for samples in [-1, 1]: the root of their mean square, in decibels. */
export function loudness(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12)
  return Math.min(1, Math.max(0, (decibels - FLOOR) / SPAN))
}

/** Call `heard(level)` ten times a second; gives how to stop. A browser without an audio context hears nothing. */
export function measure(stream: MediaStream, heard: (level: number) => void): () => void {
  if (stream.getAudioTracks().length === 0 || typeof AudioContext === 'undefined') return () => undefined
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    // Browsers start it only after a click on the page.
    if (context.state === 'suspended') void context.resume().catch(() => undefined)
    analyser.getFloatTimeDomainData(samples)
    heard(loudness(samples))
  }, LOOK)
  return () => {
    clearInterval(timer)
    void context.close()
  }
}
