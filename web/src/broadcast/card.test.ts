import { expect, it } from 'vitest'
import { type OnAir, arranged } from './card'

const one = (participant: string, kind: OnAir['kind'], sends: boolean): OnAir => ({
  participant,
  kind,
  name: '',
  since: 0,
  files: sends ? [{ file: '001.mp4', mime: 'video/mp4', until: 0 }] : [],
})

it('shows the host large and the floor beside it', () => {
  const hall = [one('host', 'host', true), one('camera-1', 'camera', true), one('camera-2', 'camera', false)]
  const { main, beside } = arranged([...hall, one('bidder-b1', 'bidder', true)])
  expect(main?.participant).toBe('host')
  expect(beside.map(({ participant }) => participant)).toEqual(['bidder-b1', 'camera-1'])
})

it('shows a camera of the hall large while the host has no picture', () => {
  expect(arranged([one('host', 'host', false), one('camera-1', 'camera', true)]).main?.participant).toBe('camera-1')
})

it('keeps a place for who has the floor and sends nothing', () => {
  expect(arranged([one('host', 'host', true), one('bidder-b1', 'bidder', false)]).beside).toHaveLength(1)
})

it('has nothing to show when nobody is on the air', () => {
  expect(arranged([])).toEqual({ main: null, beside: [] })
})
