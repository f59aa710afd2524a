/**
 * What this window knows of an opening: the view as the hall last gave it and the timeline entry by entry. Pure.
 *
 * The hall numbers only what this viewer may see, so the cursor betrays nothing. A gap is never papered over: the window asks
 * again from what it has.
 */
import { type TimelineEntry, type Update, type View } from '@/wire/types.gen'

export interface OpeningKnowledge {
  readonly view: View | null
  readonly timeline: readonly TimelineEntry[]
  /** Entries after which the hall must be asked again, or null while nothing is missing. */
  readonly askFrom: number | null
}

export const NOTHING: OpeningKnowledge = { view: null, timeline: [], askFrom: null }

export function reduce(known: OpeningKnowledge, update: Update): OpeningKnowledge {
  const { cursor, view, timeline } = update
  if (known.view !== null && known.view.opening !== view.opening) {
    return cursor === 0 ? { view, timeline, askFrom: null } : { ...NOTHING, askFrom: 0 }
  }
  // The view is whole in every message, so it is taken even where entries between are missing.
  if (cursor > known.timeline.length) return { view, timeline: known.timeline, askFrom: known.timeline.length }
  const end = cursor + timeline.length
  // An answer that was overtaken on its way shows an older opening than this window has seen.
  if (end < known.timeline.length) return { ...known, askFrom: null }
  return { view, timeline: [...known.timeline.slice(0, cursor), ...timeline], askFrom: null }
}
