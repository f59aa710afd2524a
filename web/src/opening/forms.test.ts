import { describe, expect, it } from 'vitest'
import { FORMS, TOOLS, askedOf, bodyOf, complete, emptyDraft, inputOf, optionsOf, splitFields, timeOf } from './forms'

describe('forms of acts', () => {
  it('reads times in the hall’s zone, whatever this computer’s zone is', () => {
    expect(timeOf('2026-11-22T09:30')).toBe(Date.UTC(2026, 10, 22, 1, 30))
    expect(timeOf('soon')).toBeNull()
  })

  it('makes a body with exactly the fields, numbers as numbers and no time as 0', () => {
    const fields = FORMS.reason_suspension ?? []
    expect(bodyOf(fields, { reason: ' 机房断电 ', since: '' })).toEqual({ reason: '机房断电', since: 0 })
    expect(bodyOf(FORMS.resume ?? [], { minutes: '5' })).toEqual({ minutes: 5 })
    expect(bodyOf(FORMS.open_draw ?? [], { purpose: '系数', values: '0.95\n\n0.96 ' })).toEqual({ purpose: '系数', values: ['0.95', '0.96'] })
  })

  it('is complete only when everything asked for is there', () => {
    const fields = FORMS.move_deadline ?? []
    expect(complete(fields, emptyDraft(fields))).toBe(false)
    expect(complete(fields, { deadline: '2026-11-22T09:30', reason: '' })).toBe(false)
    expect(complete(fields, { deadline: '2026-11-22T09:30', reason: '设备检修' })).toBe(true)
  })

  it('offers no tool without its form', () => {
    for (const tool of TOOLS) expect(FORMS[tool], tool).toBeDefined()
  })

  it('writes times as it reads them', () => {
    expect(inputOf(Date.UTC(2026, 10, 22, 1, 30))).toBe('2026-11-22T09:30')
    expect(timeOf(inputOf(Date.UTC(2026, 10, 22, 16, 0)))).toBe(Date.UTC(2026, 10, 22, 16, 0))
  })

  it('leaves an order to the regulator, and to it nothing else', () => {
    const [kind] = FORMS.suspend ?? []
    if (kind === undefined) throw new Error('suspend has no kind')
    expect(optionsOf(kind, 'host')).not.toContain('order')
    expect(optionsOf(kind, 'regulator')).toEqual(['order'])
    expect(askedOf([kind], 'regulator')).toEqual([])
    expect(emptyDraft([kind], 'regulator')).toEqual({ kind: 'order' })
  })

  it('offers a letter of clause 4.7 to the register’s owner and its clerk alone', () => {
    const names = (role: string): string[] => askedOf(FORMS.record_incident ?? [], role).map(({ name }) => name)
    expect(names('clerk')).toContain('clause')
    expect(names('supervisor')).not.toContain('clause')
    expect(bodyOf(FORMS.record_incident ?? [], emptyDraft(FORMS.record_incident ?? [], 'supervisor'))).toMatchObject({ clause: '', scope: [] })
  })

  it('asks of a split only for the groups that exist', () => {
    const empty = { opens_at: '', continues_at: '' }
    expect(askedOf(splitFields(0, 3), '').map(({ name }) => name)).toEqual(['opens_at'])
    expect(askedOf(splitFields(3, 0), '').map(({ name }) => name)).toEqual(['continues_at'])
    expect(askedOf(splitFields(1, 2), '')).toHaveLength(2)
    expect(complete(splitFields(3, 0), empty)).toBe(false)
    expect(bodyOf(splitFields(0, 3), { opens_at: '2026-11-22T09:30' })).toEqual({ opens_at: timeOf('2026-11-22T09:30'), continues_at: 0 })
  })
})
