import { describe, expect, it } from 'vitest'
import { EdgeMeter, ReplayClock } from './playerclock'

function atWork(): { clock: ReplayClock; pass: (ms: number) => void } {
  let now = 1_000
  const clock = new ReplayClock(() => now)
  return {
    clock,
    pass(ms) {
      for (let rest = ms; rest > 0; rest -= 100) {
        now += Math.min(100, rest)
        clock.chase()
      }
    },
  }
}

describe('the clock that players follow', () => {
  it('runs at the rate it is given, and stands while it is paused', () => {
    const { clock, pass } = atWork()
    clock.set(50_000)
    pass(1_000)
    expect(clock.utc).toBe(50_000)
    clock.play()
    pass(1_000)
    expect(clock.utc).toBe(51_000)
    clock.rate = 8
    pass(1_000)
    expect(clock.utc).toBe(59_000)
    clock.pause()
    pass(1_000)
    expect(clock.utc).toBe(59_000)
  })

  it('waits for everybody who is not ready', () => {
    const { clock, pass } = atWork()
    const [one, other] = [{}, {}]
    clock.set(50_000)
    clock.play()
    clock.hold(one)
    clock.hold(other)
    pass(1_000)
    clock.release(one)
    pass(1_000)
    expect([clock.utc, clock.playing, clock.running]).toEqual([50_000, true, false])
    clock.release(other)
    pass(1_000)
    expect(clock.utc).toBe(51_000)
  })
})

describe('the live edge', () => {
  it('moves evenly between fragments that come in steps', () => {
    const meter = new EdgeMeter()
    meter.note(100_000, 1_000)
    meter.note(100_500, 1_700)
    expect(meter.at(2_000)).toBe(101_000)
  })

  it('is kept at a small distance, by rate and not by jumps', () => {
    const { clock, pass } = atWork()
    const who = {}
    clock.reached(who, 100_000)
    clock.live()
    expect(clock.utc).toBe(99_100)
    clock.hold(who)
    pass(2_000)
    clock.release(who)
    expect(clock.utc).toBe(99_100)
    clock.chase()
    expect(clock.pace).toBe(1.12)
    const seen = [clock.utc]
    for (let i = 0; i < 300; i++) {
      pass(100)
      seen.push(clock.utc)
    }
    expect(Math.max(...seen.slice(1).map((at, i) => at - (seen[i] ?? 0)))).toBeLessThan(115)
    expect(Math.abs((clock.edge ?? 0) - 900 - clock.utc)).toBeLessThan(120)
  })

  it('is jumped to when it is far, and is the slowest of those that are watched', () => {
    const { clock } = atWork()
    const [one, other] = [{}, {}]
    clock.set(10_000)
    clock.reached(one, 100_000)
    clock.reached(other, 99_000)
    clock.live()
    expect(clock.utc).toBe(98_100)
    clock.forget(other)
    expect(clock.edge).toBe(100_000)
    clock.forget(one)
    expect(clock.edge).toBeNull()
  })

  it('is where a fast replay ends that catches up with it', () => {
    const { clock, pass } = atWork()
    clock.reached({}, 100_000)
    clock.set(80_000)
    clock.play()
    clock.rate = 8
    pass(2_500)
    expect([clock.isLive, clock.rate]).toEqual([false, 8])
    pass(500)
    expect([clock.isLive, clock.rate]).toEqual([true, 1])
    expect(clock.utc).toBeLessThanOrEqual((clock.edge ?? 0) - 800)
  })

  it('is left by whoever pauses or goes to another moment', () => {
    const { clock, pass } = atWork()
    clock.reached({}, 100_000)
    clock.live()
    clock.pause()
    expect(clock.isLive).toBe(false)
    clock.live()
    clock.set(60_000)
    pass(1_000)
    expect([clock.isLive, clock.utc]).toEqual([false, 61_000])
  })
})
