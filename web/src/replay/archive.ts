/** What the hall says about recordings, and what it is told of those who look at them. */
import { get, getWhile, post } from '@/wire/http'
import { type RecordingInfo } from '@/wire/api'
import { type Look } from './looks'

interface CoveredSpan {
  readonly start: number
  readonly end: number
}

interface CoveredGap extends CoveredSpan {
  readonly cause: string
  readonly intended: boolean
}

/** One participant that the viewer may replay. `mine`: the viewer itself. */
export interface Covered {
  readonly participant: string
  readonly name: string
  readonly mine: boolean
  readonly spans: readonly CoveredSpan[]
  readonly gaps: readonly CoveredGap[]
}

export interface Clip {
  readonly clip: string
  readonly size: number
  readonly name: string
}

const path = (opening: string): string => `/api/openings/${encodeURIComponent(opening)}/recordings`

export const getCoverage = (opening: string): Promise<readonly Covered[]> => get(`${path(opening)}/coverage`)
export const tellLook = (opening: string, look: Look): Promise<unknown> => post(`${path(opening)}/views`, look)
export const makeClip = (opening: string, look: Look): Promise<Clip> => post(`${path(opening)}/exports`, look)
export const clipUrl = (opening: string, { clip }: Clip): string => `${path(opening)}/exports/${encodeURIComponent(clip)}`

/** The files of one participant, from one question for those of all that is asked at most every so often. */
export function filesOf(opening: string, lasts = 1_500): (participant: string, signal: AbortSignal) => Promise<readonly string[]> {
  let asked = -Infinity
  let answer: Promise<readonly RecordingInfo[]> = Promise.resolve([])
  return async (participant) => {
    if (performance.now() - asked > lasts) {
      asked = performance.now()
      answer = getWhile<readonly RecordingInfo[]>(path(opening), new AbortController().signal)
      answer.catch(() => (asked = -Infinity))
    }
    const own = (await answer).filter((one) => one.participant === participant)
    return own.sort((a, b) => a.epoch - b.epoch).map(({ file }) => file)
  }
}
