/**
 * What this window knows of an opening: the view as the hall last gave it and the timeline entry by entry. Pure.
 *
 * The hall numbers only what this viewer may see, so the cursor betrays nothing. A gap is never papered over: the window asks
 * again from what it has.
 */
import { type Change, type Changes, type TimelineEntry, type Update, type View } from '@/wire/types.gen'

export interface OpeningKnowledge {
  readonly view: View | null
  readonly timeline: readonly TimelineEntry[]
  /** Entries after which the hall must be asked again, or null while nothing is missing. */
  readonly askFrom: number | null
  /** Of the view, as the hall counts what it tells this connection: changes build on one version and no other. */
  readonly version: number
}

export const NOTHING: OpeningKnowledge = { view: null, timeline: [], askFrom: null, version: 0 }

export function reduce(known: OpeningKnowledge, message: Update | Changes): OpeningKnowledge {
  const { cursor, timeline, version } = message
  const have = known.timeline.length
  if ('changes' in message && (known.view === null || version !== known.version + 1)) return { ...known, askFrom: have }
  const view = 'changes' in message ? message.changes.reduce(changed, known.view as View) : message.view
  if (known.view !== null && known.view.opening !== view.opening) {
    return cursor === 0 ? { view, timeline, askFrom: null, version } : { ...NOTHING, askFrom: 0 }
  }
  // The view is whole by now, so it is taken even where entries between are missing.
  if (cursor > have) return { view, timeline: known.timeline, askFrom: have, version }
  // An answer that was overtaken on its way shows an older opening than this window has seen.
  if (cursor + timeline.length < have) return { ...known, askFrom: null }
  return { view, timeline: [...known.timeline.slice(0, cursor), ...timeline], askFrom: null, version }
}

/** The view with one place replaced. What it shares with the view before stays the same object: screens compare by it. */
function changed(view: View, { path, value }: Change): View {
  return put(view, path.split('/'), value) as View
}

function put(whole: unknown, [step, ...rest]: string[], value: unknown): unknown {
  if (step === undefined) return value
  const copy = (Array.isArray(whole) ? [...(whole as unknown[])] : { ...(whole as object) }) as Record<string, unknown>
  copy[step] = put(copy[step], rest, value)
  return copy
}
