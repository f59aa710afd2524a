/** One picture of a camera as a small JPEG, for the socket where no packets pass. */
import { base64, blobBytes } from '@/crypto/bytes'

/** The hall takes no more (docs/protocol.md, `still`). */
const MOST_BYTES = 64 * 1024
const WIDTH = 320
const QUALITIES = [0.7, 0.5, 0.3] as const

/** A picture of the track now, base64 of a JPEG of at most 64 KB. Throws Error where there is none. */
export async function stillOf(track: MediaStreamTrack): Promise<string> {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream([track])
  try {
    await video.play()
    const canvas = document.createElement('canvas')
    canvas.width = Math.min(WIDTH, video.videoWidth)
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
