import { afterEach, expect, it, vi } from 'vitest'
import { sendRecording } from './devices'

afterEach(() => vi.unstubAllGlobals())

/** A hall that keeps what it is sent; `breaks`: how often the line breaks before a slice arrives. */
function hall(breaks: number): { kept: number[] } {
  const kept: number[] = []
  let left = breaks
  vi.stubGlobal('setTimeout', (then: () => void) => {
    queueMicrotask(then) // No pause is waited for.
  })
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (init.method === 'PUT') {
      if (left > 0) {
        left -= 1
        throw new TypeError('the line broke')
      }
      expect(path).toMatch(new RegExp(`offset=${kept.length}$`))
      kept.push(...(init.body as Uint8Array))
    }
    return Promise.resolve(new Response(JSON.stringify({ received: kept.length })))
  })
  return { kept }
}

const file = new Blob([new Uint8Array([1, 2, 3, 4])])

it('sends a recording in slices, and goes on where the line broke', async () => {
  const { kept } = hall(2)
  const told: number[] = []
  await sendRecording('O1', 'external-1', 'ab', file, (received) => told.push(received))
  expect(kept).toEqual([1, 2, 3, 4])
  expect(told[told.length - 1]).toBe(4)
})

it('gives up when the hall does not come back', async () => {
  hall(1000)
  await expect(sendRecording('O1', 'external-1', 'ab', file, () => undefined)).rejects.toMatchObject({ code: 'connection_lost' })
})
