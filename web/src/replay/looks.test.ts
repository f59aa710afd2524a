import { expect, it } from 'vitest'
import { type Look, Looks, TELL_EVERY } from './looks'

function told(): { looks: Looks; said: Look[] } {
  const said: Look[] = []
  return { looks: new Looks((look) => said.push(look)), said }
}

it('tells at once who is looked at, and at the end how far', () => {
  const { looks, said } = told()
  looks.see(['host'], 1_000, 0)
  expect(said).toEqual([{ participants: ['host'], from: 1_000, to: 1_000 }])
  looks.see(['host'], 9_000, 8_000)
  looks.flush(8_000)
  looks.flush(9_000)
  expect(said.slice(1)).toEqual([{ participants: ['host'], from: 1_000, to: 9_000 }])
})

it('tells again when somebody else is watched, or another time', () => {
  const { looks, said } = told()
  looks.see(['host'], 1_000, 0)
  looks.see(['host'], 5_000, 4_000)
  looks.see(['bidder-1', 'host'], 5_000, 4_100)
  looks.see(['bidder-1', 'host'], 900_000, 4_200)
  expect(said).toEqual([
    { participants: ['host'], from: 1_000, to: 1_000 },
    { participants: ['host'], from: 1_000, to: 5_000 },
    { participants: ['bidder-1', 'host'], from: 5_000, to: 5_000 },
    { participants: ['bidder-1', 'host'], from: 900_000, to: 900_000 },
  ])
})

it('tells while it lasts, piece after piece', () => {
  const { looks, said } = told()
  for (let at = 0; at <= 2 * TELL_EVERY; at += 1_000) looks.see(['host'], at, at)
  expect(said.map(({ from, to }) => [from, to])).toEqual([[0, 0], [0, TELL_EVERY], [TELL_EVERY, 2 * TELL_EVERY]])
})

it('says nothing of a picture that stands', () => {
  const { looks, said } = told()
  for (let at = 0; at <= 2 * TELL_EVERY; at += 1_000) looks.see(['host'], 1_000, at)
  expect(said).toHaveLength(1)
})
