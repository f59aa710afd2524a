import { expect, it } from 'vitest'
import { type Seat, sorted } from './seats'

const NOW = 1_000

function seat(opening: string, stage: string, deadline: number, duty: Seat['duty'] = null): Seat {
  const card = { tender: opening, name: '', number: '', place: '', lots: [], opening, stage, bid_deadline: deadline, sign_in_from: 0, suite: '', custody: '', remedy: 'none', origin: '', staff: [], deputies: [], log_key: '' }
  return { tender: opening, opening, role: 'host', card, view: null, duty }
}

it('puts what waits for the person first, then what goes on, what comes next, and what is over', () => {
  const seats = [
    seat('over', 'closed', 500),
    seat('next week', 'scheduled', 9_000),
    seat('today', 'sign_in', 2_000),
    seat('going on', 'opening', 900),
    seat('waits long', 'opening', 400, { act: 'declare_sealing', lot: '1', until: null }),
    seat('waits urgently', 'opening', 400, { act: 'consult', lot: '', until: 1_010 }),
    seat('over yesterday', 'closed', 700),
  ]
  expect(sorted(seats, NOW).map(({ opening }) => opening)).toEqual(['waits urgently', 'waits long', 'going on', 'today', 'next week', 'over yesterday', 'over'])
})
