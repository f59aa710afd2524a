import { afterEach, expect, it, vi } from 'vitest'
import { biddersToInvite, partiesOfCentre } from './parties'

const asked: string[] = []

function hall(parties: readonly object[]): void {
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path)
    return Promise.resolve(new Response(JSON.stringify({ total: parties.length, parties }), { headers: { 'Content-Type': 'application/json' } }))
  })
}

afterEach(() => {
  asked.length = 0
  vi.unstubAllGlobals()
})

it('asks for those who were chosen beside what was typed, so that they keep their names', async () => {
  hall([{ party: 'b1', name: '甲', code: '' }])
  expect(await biddersToInvite('甲 & 乙', ['b1', 'b2'])).toHaveLength(1)
  const { searchParams } = new URL(asked[0] ?? '', 'http://hall')
  expect([searchParams.get('q'), searchParams.getAll('party')]).toEqual(['甲 & 乙', ['b1', 'b2']])
})

it('finds nobody who left the centre, and nobody without the office that is wanted', async () => {
  hall([{ party: 'a', active: true, offices: ['regulator'] }, { party: 'b', active: false, offices: ['regulator'] }, { party: 'c', active: true, offices: [] }])
  expect((await partiesOfCentre('staff', 'regulator')('李', [])).map(({ party }) => party)).toEqual(['a'])
  expect((await partiesOfCentre()('李', [])).map(({ party }) => party)).toEqual(['a', 'c'])
})
