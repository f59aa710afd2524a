/**
 * Where a sealed file grows: the origin's private disk, a file of its own for each sealing. Small files may grow in memory where the
 * browser has no such disk; then they live as long as the page does.
 */
import { Failure } from '@/failure'
import { type Sink } from './bidseal'
import { type Bytes } from './bytes'
import { sealedFolder } from './sealedfiles'

// TypeScript knows this worker-only door in its worker library alone, which can't stand beside the window's.
interface SyncAccess {
  write(data: Bytes, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}
type SyncFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> }

/** Bytes that may grow in memory: more would not be safe on a small computer, and could not be gone on with after a reload. */
export const MOST_IN_MEMORY = 64 * 1024 ** 2
/** What the browser needs for itself beside the file. */
const ROOM = 16 * 1024 ** 2

/** A sink for about `size` bytes in the file `name`; `kept`: it is on the disk, and not in memory. Codes: browser_disk_missing, browser_disk_full (needed, free: whole MB). */
export async function openSink(name: string, size: number): Promise<Sink & { readonly kept: boolean }> {
  let access: SyncAccess
  let handle: SyncFileHandle
  try {
    handle = (await (await sealedFolder()).getFileHandle(name, { create: true })) as SyncFileHandle
    access = await handle.createSyncAccessHandle()
  } catch {
    if (size > MOST_IN_MEMORY) throw new Failure('browser_disk_missing', { most: MOST_IN_MEMORY / 1024 ** 2 })
    return { ...memorySink(), kept: false }
  }
  try {
    await demandRoom(size)
    return { ...diskSink(handle, access, size), kept: true }
  } catch (thrown) {
    access.close()
    if (size <= MOST_IN_MEMORY) return { ...memorySink(), kept: false }
    throw thrown
  }
}

/** Ask the browser before hours of work instead of after them. An estimate that is missing refuses nothing. */
async function demandRoom(size: number): Promise<void> {
  const { quota, usage } = await navigator.storage.estimate()
  if (quota !== undefined && usage !== undefined && quota - usage < size + ROOM) throw full(size, quota - usage)
}

function diskSink(handle: SyncFileHandle, access: SyncAccess, size: number): Sink {
  let at = 0
  access.truncate(0)
  return {
    write(data) {
      let written = 0
      try {
        written = access.write(data, { at })
      } catch {
        // Told as the disk's end below, whatever name this browser has for it.
      }
      if (written !== data.length) throw full(size, at)
      at += written
    },
    async finish() {
      access.flush()
      access.close()
      return handle.getFile()
    },
    abandon() {
      access.close()
    },
  }
}

export function memorySink(): Sink {
  const parts: Bytes[] = []
  return {
    write(data) {
      parts.push(data)
    },
    finish() {
      return Promise.resolve(new Blob(parts))
    },
    abandon() {
      parts.length = 0
    },
  }
}

function full(needed: number, free: number): Failure {
  return new Failure('browser_disk_full', { needed: megabytes(needed), free: megabytes(Math.max(0, free)) })
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6)
}
