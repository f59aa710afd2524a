/** Hand a file to the person. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Revoked at once, some browsers write an empty file.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
