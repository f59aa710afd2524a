/** What a key does in the replay. Pure: a pressed key in, the name of what is wanted out. */
export type Command =
  | { readonly do: 'play' | 'live' | 'help' | 'search' | 'from' | 'until' }
  | { readonly do: 'step'; readonly by: number }
  | { readonly do: 'hop' | 'faster'; readonly by: 1 | -1 }
  | { readonly do: 'toggle'; readonly digit: number }

export interface Pressed {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly metaKey: boolean
}

const PICTURE = 100

export function commandOf({ key, shiftKey, ctrlKey, altKey, metaKey }: Pressed): Command | null {
  if (ctrlKey || altKey || metaKey) return null
  if (/^[1-9]$/.test(key)) return { do: 'toggle', digit: Number(key) }
  switch (key) {
    case ' ': return { do: 'play' }
    case 'ArrowLeft': return { do: 'step', by: shiftKey ? -30_000 : -5_000 }
    case 'ArrowRight': return { do: 'step', by: shiftKey ? 30_000 : 5_000 }
    case ',': return { do: 'step', by: -PICTURE }
    case '.': return { do: 'step', by: PICTURE }
    case '[': return { do: 'hop', by: -1 }
    case ']': return { do: 'hop', by: 1 }
    case '-': return { do: 'faster', by: -1 }
    case '+':
    case '=': return { do: 'faster', by: 1 }
    case '/': return { do: 'search' }
    case 'i': return { do: 'from' }
    case 'o': return { do: 'until' }
    case 'l': return { do: 'live' }
    case '?': return { do: 'help' }
    default: return null
  }
}

/** Whether what has the focus wants the key for itself. */
export function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('input, textarea, select, [contenteditable], [role=dialog]') !== null) return true
  return (key === ' ' || key === 'Enter') && target.closest('button, a') !== null
}
