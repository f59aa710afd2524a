/** Whether the viewer has the floor, and whether the room hears it. */
import { ownDevices } from '@/media/camera'
import { ownSending } from '@/media/publisher'
import { type View } from '@/wire/types.gen'

export function hasFloor(view: View): boolean {
  return view.floor !== '' && view.floor === view.you.participant
}

/** Why nobody hears who has the floor, the first thing to be mended first (`live.…`); '' when all hear it. */
export function unheard(view: View): '' | 'noMicrophone' | 'ownMuted' | 'hostMuted' | 'notSent' {
  if (ownDevices.microphone !== 'on') return 'noMicrophone'
  if (ownDevices.muted) return 'ownMuted'
  if (view.muted.includes(view.you.participant)) return 'hostMuted'
  return ownSending.send === 'sending' ? '' : 'notSent'
}
