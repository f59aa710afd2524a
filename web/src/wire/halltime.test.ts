import { expect, it } from 'vitest'
import { Measurement } from './halltime'

it('believes the measurement with the shortest round trip', () => {
  const clock = new Measurement()
  clock.add({ hall: 1_000_000, sent: 0, received: 400 })
  clock.add({ hall: 1_001_010, sent: 1_000, received: 1_020 })
  clock.add({ hall: 1_002_150, sent: 2_000, received: 2_200 })
  expect(clock.offset).toBe(1_000_000)
})

it('forgets what it knew when the hall’s clock is moved', () => {
  const clock = new Measurement()
  clock.add({ hall: 1_000_000, sent: 0, received: 2 })
  clock.add({ hall: 4_601_000, sent: 1_000, received: 1_100 })
  expect(clock.offset).toBe(4_601_000 - 1_050)
})

it('knows nothing before the first measurement', () => {
  expect(new Measurement().offset).toBeNull()
})
