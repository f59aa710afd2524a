import { describe, expect, it } from 'vitest'
import { CHECKS, type HallFacts, judgeBrowser, judgeCertificate, judgeClock, judgeDevice, judgeMedia, judgeNetwork, judgeStorage, result, takesPart, texts, worst } from './judge'

const facts: HallFacts = { at: 0, opening: 'O', bid_deadline: 1, code: '', revocation: 'good', lasting: '', deposits: [] }
const shown = (found: ReturnType<typeof result>): string => `${found.level} ${found.fact}`.trim()

describe('what a finding is worth', () => {
  it('names the first thing that a browser lacks', () => {
    expect(shown(judgeBrowser([]))).toBe('green')
    expect(shown(judgeBrowser(['webrtc', 'workers']))).toBe('red webrtc')
  })
  it('asks for room for the largest bid', () => {
    expect(shown(judgeStorage(5 * 1024 ** 3, true))).toBe('green 5120')
    expect(shown(judgeStorage(500 * 1024 ** 2, true))).toBe('amber 500')
    expect(shown(judgeStorage(50 * 1024 ** 2, true))).toBe('red 50')
    expect(shown(judgeStorage(null, false))).toBe('amber no_disk')
  })
  it('tells a refused device from a missing and a busy one', () => {
    expect((['on', 'denied', 'missing', 'busy', 'insecure'] as const).map((state) => shown(judgeDevice('camera', state, false)))).toEqual(['green', 'red denied', 'red missing', 'red busy', 'red insecure'])
  })
  it('minds a device that stands in for the one that was chosen', () => {
    expect(shown(judgeDevice('microphone', 'on', true))).toBe('amber other')
  })
  it('lets who is neither seen nor heard take part, and nobody whose certificate cannot decrypt', () => {
    expect(takesPart([result('camera', 'red', 'busy'), result('relay', 'red', 'no_answer'), result('signing', 'green')])).toBe(true)
    expect(takesPart([result('camera', 'green'), result('decryption', 'red', 'wrong_key')])).toBe(false)
  })
  it('takes the middle of several answers', () => {
    expect(shown(judgeNetwork([20, 9000, 30]))).toBe('green 30')
    expect(shown(judgeNetwork([]))).toBe('red unreachable')
  })
  it('knows whether media have a way, and whether the relay answers where there is one', () => {
    expect(judgeMedia(['host udp'], 0).map(shown)).toEqual(['green', 'green not_offered'])
    expect(judgeMedia(['host udp'], 1).map(shown)).toEqual(['green', 'red no_answer'])
    expect(judgeMedia(['relay tcp'], 1).map(shown)).toEqual(['amber tcp_only', 'green'])
    expect(judgeMedia([], 0).map(shown)).toEqual(['red no_way', 'green not_offered'])
  })
  it('never passes an unknown revocation silently', () => {
    expect(judgeCertificate(facts).map(shown)).toEqual(['green', 'green', 'green', 'green none'])
    expect(judgeCertificate({ ...facts, revocation: 'revocation_unknown' }).map(shown)[1]).toBe('amber unknown')
    const bad = { ...facts, code: 'certificate_revoked', revocation: 'revoked', lasting: 'certificate_expired', deposits: [{ lot: '1', recipient: 'a', trouble: 'replaced' }] }
    expect(judgeCertificate(bad).map(shown)).toEqual(['red certificate_revoked', 'red revoked', 'red too_short', 'red replaced'])
  })
  it('says a clock that is wrong, and never worse than amber: hall time counts', () => {
    expect(shown(judgeClock(-90_000))).toBe('amber 90')
    expect(shown(judgeClock(1_000))).toBe('green 1')
  })
  it('writes results as the hall reads them', () => {
    expect(texts([result('browser', 'green'), result('camera', 'red', 'denied')])).toEqual(['browser green', 'camera red denied'])
    expect(worst([result('browser', 'green'), result('clock', 'amber')])).toBe('amber')
    expect(new Set(CHECKS).size).toBe(16)
  })
})
