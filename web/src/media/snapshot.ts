/** One picture of a camera as a small JPEG: for the socket where no packets pass, and for the sign-in. */
import { base64, blobBytes } from '@/crypto/bytes'

/** The hall takes at most 64 KB of a still and 48 KB of a reference picture (docs/protocol.md). */
const MOST_BYTES = 48 * 1024
const QUALITIES = [0.8, 0.6, 0.4, 0.2] as const

/** A picture of the track now, `width` pixels wide or less: base64 of a JPEG of at most 48 KB. Throws Error where there is none. */
export async function stillOf(track: MediaStreamTrack, width = 320): Promise<string> {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream([track])
  try {
    await video.play()
    const canvas = document.createElement('canvas')
    canvas.width = Math.min(width, video.videoWidth)
    canvas.height = Math.round((canvas.width * video.videoHeight) / Math.max(1, video.videoWidth))
    canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height)
    for (const quality of QUALITIES) {
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality))
      if (blob !== null && blob.size <= MOST_BYTES) return base64(await blobBytes(blob))
    }
    throw new Error('no picture')
  } finally {
    video.srcObject = null
  }
}
