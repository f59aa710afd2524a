import { expect, it } from 'vitest'
import { bidder, lot, view } from '../../tests/view'
import { areMany, liesOpen, seatOf, seatsOf } from './wall'

const NOW = 1_000_000

it('keeps a place for every listed bidder, with a picture or without', () => {
  const lots = [lot({ bidders: [bidder('b1'), bidder('b2'), bidder('b3', { status: 'absent' })] }), lot({ lot: '2', bidders: [bidder('b1')] })]
  const seats = seatsOf(view({ lots, media: ['bidder-b1', 'bidder-b9', 'host'], stills: ['bidder-b8'] }), NOW)
  expect(seats.map(({ participant, picture }) => [participant, picture])).toEqual([
    ['bidder-b1', 'live'],
    ['bidder-b2', 'none'],
    ['bidder-b9', 'live'],
    ['bidder-b8', 'stills'],
  ])
})

it('counts how often and how long somebody was away, the absence that lasts too', () => {
  const away = (start: number, end: number | null, state = 'offline') => ({ participant: 'bidder-b1', state, start, end, cause: '', confidence: '' })
  const absences = [away(NOW - 90_000, NOW - 60_000), away(NOW - 40_000, NOW - 30_000, 'suspect'), away(NOW - 5_000, null)]
  expect(seatOf(view({ absences }), 'bidder-b1', NOW)).toMatchObject({ absences: 2, away: 35_000 })
})

it('says who has the floor, whose hand is up at which place, and whom nobody hears', () => {
  const now = view({ floor: 'bidder-b1', hands: ['bidder-b3', 'bidder-b2'], muted: ['bidder-b2'] })
  expect(['bidder-b1', 'bidder-b2', 'bidder-b3'].map((one) => seatOf(now, one, NOW)).map(({ floor, hand, muted }) => [floor, hand, muted])).toEqual([
    [true, 0, false],
    [false, 2, true],
    [false, 1, false],
  ])
})

it('puts the reference picture beside the live one while the two are to be compared', () => {
  const person = { representative: '王小明', reference: 'ab' }
  const lots = [lot({ bidders: [bidder('b1', person), bidder('b2', { ...person, identity: 'same_person' }), bidder('b3', { ...person, identity: 'same_person' }), bidder('b4', { representative: '李' })] })]
  const seats = seatsOf(view({ lots, checks_due: [{ participant: 'bidder-b3', moment: 'price' }, { participant: 'bidder-b4', moment: 'price' }] }), NOW)
  expect(seats.map(({ compare, check }) => [compare, check])).toEqual([
    ['b1', ''],
    ['', ''],
    ['b3', 'price'],
    ['', 'price'],
  ])
})

it('lets fifty stand close together, and opens only those whose check is due, and who is looked up', () => {
  const lots = [lot({ bidders: Array.from({ length: 50 }, (_, n) => bidder(`b${String(n)}`)) })]
  const seats = seatsOf(view({ lots, checks_due: [{ participant: 'bidder-b7', moment: 'price' }] }), NOW)
  expect([areMany(seats, false), areMany(seats.slice(0, 12), false), areMany(seats.slice(0, 12), true)]).toEqual([true, false, true])
  expect(seats.filter((seat) => liesOpen(seat, 'bidder-b9')).map(({ participant }) => participant)).toEqual(['bidder-b7', 'bidder-b9'])
})
