import { afterEach, describe, expect, it, vi } from 'vitest'
import { MOST_IN_MEMORY, openSink } from './sink'

const LARGE = MOST_IN_MEMORY + 1
const refusal = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no failure', ({ code, facts }: { code: string; facts: object }) => ({ code, ...facts }))

/** A browser with a private disk that takes `takes` bytes at most. */
function disk(free: number | undefined, takes = Infinity): { closed: number; held: number } {
  const seen = { closed: 0, held: 0 }
  const access = {
    write: (data: Uint8Array, { at }: { at: number }) => (at + data.length > takes ? Math.max(0, takes - at) : ((seen.held = at + data.length), data.length)),
    truncate: () => undefined,
    flush: () => undefined,
    close: () => (seen.closed += 1),
  }
  const handle = { createSyncAccessHandle: () => Promise.resolve(access), getFile: () => Promise.resolve(new Blob([new Uint8Array(seen.held)])) }
  const folder = { getFileHandle: () => Promise.resolve(handle) }
  const storage = {
    getDirectory: () => Promise.resolve({ getDirectoryHandle: () => Promise.resolve(folder) }),
    estimate: () => Promise.resolve(free === undefined ? {} : { quota: free + 500, usage: 500 }),
  }
  vi.stubGlobal('navigator', { storage })
  return seen
}

afterEach(() => vi.unstubAllGlobals())

describe('where a sealed file grows', () => {
  it('is the private disk, if there is room, and also where the browser does not tell', async () => {
    for (const free of [10 * LARGE, undefined]) {
      disk(free)
      const sink = await openSink('x.bid', LARGE)
      await sink.write(new Uint8Array(1000))
      expect([sink.kept, (await sink.finish()).size]).toEqual([true, 1000])
    }
  })

  it('is refused before the work begins when the disk is too full, in whole megabytes', async () => {
    const seen = disk(5_000_000)
    expect(await refusal(openSink('x.bid', LARGE))).toEqual({ code: 'browser_disk_full', needed: 68, free: 5 })
    expect(seen.closed).toBe(1)
  })

  it('is refused when the disk ends in the middle, whatever it said before', async () => {
    disk(10 * LARGE, 1500)
    const sink = await openSink('x.bid', LARGE)
    await sink.write(new Uint8Array(1000))
    expect(await refusal(Promise.resolve().then(() => sink.write(new Uint8Array(1000))))).toEqual({ code: 'browser_disk_full', needed: 68, free: 1 })
  })

  it('is memory for a small bid where there is no disk, and a refusal for a large one', async () => {
    vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.reject(new Error('private window')) } })
    const sink = await openSink('x.bid', MOST_IN_MEMORY)
    await sink.write(new Uint8Array([1, 2]))
    expect([sink.kept, (await sink.finish()).size]).toEqual([false, 2])
    expect(await refusal(openSink('x.bid', LARGE))).toEqual({ code: 'browser_disk_missing', most: 64 })
  })
})
