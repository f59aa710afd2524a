/** The sealed files on this computer's private disk of this origin. For windows and workers; no secret is among them. */
import { hex, random, sha256, utf8 } from './bytes'
import { canonical } from './canonical'

/** What a sealed file is for; its file's name begins with the digest of it. */
export interface Place {
  readonly tender: string
  readonly lot: string
  readonly certificate: string
}

export async function sealedFolder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle('sealed', { create: true })
}

/** A new name: an earlier file of the same place is still what counts until the new one is deposited. */
export async function newName(place: Place): Promise<string> {
  return `${await prefixOf(place)}-${hex(random(4))}.bid`
}

/** The file, or null where it is gone: the browser may clear its disk, and the person may ask it to. */
export async function sealedFile(name: string): Promise<File | null> {
  try {
    return await (await (await sealedFolder()).getFileHandle(name)).getFile()
  } catch {
    return null
  }
}

/** Remove the place's files but `kept`; what is in use by another window stays. */
export async function dropOthers(place: Place, kept: readonly string[]): Promise<void> {
  try {
    const folder = await sealedFolder()
    const prefix = await prefixOf(place)
    // TypeScript's library for windows lacks the iteration that every browser with this disk has.
    const names = (folder as unknown as { keys(): AsyncIterable<string> }).keys()
    for await (const name of names) {
      if (name.startsWith(prefix) && !kept.includes(name)) await folder.removeEntry(name).catch(() => undefined)
    }
  } catch {
    // Without a private disk there is nothing to remove.
  }
}

async function prefixOf({ tender, lot, certificate }: Place): Promise<string> {
  return hex(await sha256(utf8(canonical([tender, lot, certificate])))).slice(0, 24)
}
