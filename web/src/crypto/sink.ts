/** Where a sealed file grows: the origin's private disk where the browser has one, else memory. */
import { type Bytes } from './bytes'
import { type Sink } from './bidseal'

// TypeScript knows this worker-only door in its worker library alone, which can't stand beside the window's.
interface SyncAccess {
  write(data: Bytes, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}
type SyncFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> }

const FILE_NAME = 'sealed.bid'

export async function openSink(): Promise<Sink> {
  try {
    return await diskSink()
  } catch {
    return memorySink() // Old Chromium, a private window or a full disk: the file is held in memory instead.
  }
}

async function diskSink(): Promise<Sink> {
  const folder = await navigator.storage.getDirectory()
  const handle = (await folder.getFileHandle(FILE_NAME, { create: true })) as SyncFileHandle
  const access = await handle.createSyncAccessHandle()
  access.truncate(0)
  let at = 0
  return {
    write(data) {
      at += access.write(data, { at })
    },
    async finish() {
      access.flush()
      access.close()
      return handle.getFile()
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
  }
}
