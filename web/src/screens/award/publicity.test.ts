import { describe, expect, it } from 'vitest'
import { publicUntil } from './publicity'

const at = (text: string): number => Date.parse(`${text}+08:00`)

describe('the end of a publicity', () => {
  it('is the midnight after its days, the first of them not counted', () => {
    expect(publicUntil(at('2026-11-23T10:00'), 3, [], [])).toBe(at('2026-11-27T00:00'))
    expect(publicUntil(at('2026-11-23T00:30'), 3, [], [])).toBe(at('2026-11-27T00:00'))
  })

  it('is carried over weekends and days off, and not over weekends that are worked', () => {
    expect(publicUntil(at('2026-11-26T10:00'), 3, [], [])).toBe(at('2026-12-01T00:00'))
    expect(publicUntil(at('2026-11-26T10:00'), 3, ['2026-11-30'], [])).toBe(at('2026-12-02T00:00'))
    expect(publicUntil(at('2026-11-26T10:00'), 3, [], ['2026-11-29'])).toBe(at('2026-11-30T00:00'))
  })
})
