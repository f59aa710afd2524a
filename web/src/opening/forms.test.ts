import { describe, expect, it } from 'vitest'
import { FORMS, TOOLS, bodyOf, complete, emptyDraft, timeOf } from './forms'

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
})
