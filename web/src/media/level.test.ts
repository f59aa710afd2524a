import { expect, it } from 'vitest'
import { loudness } from './level'

it('shows silence as nothing, a voice in the middle and full scale as full', () => {
  expect(loudness(new Float32Array(512))).toBe(0)
  expect(loudness(new Float32Array(512).fill(0.05))).toBeGreaterThan(0.4)
  expect(loudness(new Float32Array(512).fill(0.05))).toBeLessThan(0.8)
  expect(loudness(new Float32Array(512).fill(1))).toBe(1)
})
