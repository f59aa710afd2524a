import { expect, it } from 'vitest'
import { commandOf } from './keys'

const press = (key: string, held: Partial<Record<'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey', boolean>> = {}): ReturnType<typeof commandOf> =>
  commandOf({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...held })

it('steps by five and by thirty seconds, by a picture, by an event', () => {
  expect(press('ArrowLeft')).toEqual({ do: 'step', by: -5_000 })
  expect(press('ArrowRight', { shiftKey: true })).toEqual({ do: 'step', by: 30_000 })
  expect(press(',')).toEqual({ do: 'step', by: -100 })
  expect(press(']')).toEqual({ do: 'hop', by: 1 })
})

it('shows and hides by digits, plays by the space bar', () => {
  expect(press('3')).toEqual({ do: 'toggle', digit: 3 })
  expect(press('0')).toBeNull()
  expect(press(' ')).toEqual({ do: 'play' })
})

it('leaves the browser its own keys', () => {
  for (const held of ['ctrlKey', 'altKey', 'metaKey'] as const) expect(press('l', { [held]: true })).toBeNull()
  expect(press('Tab')).toBeNull()
})
