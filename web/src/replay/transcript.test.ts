import { describe, expect, it } from 'vitest'
import { type EntryWords } from '@/entries'
import { type TimelineEntry, type View } from '@/wire/types.gen'
import { found, groupOf, lineAt, linesOf, momentFrom, neighbour } from './transcript'

const NINE = Date.UTC(2026, 10, 22, 1) // 09:00 in the hall

const words: EntryWords = {
  title: ({ kind }) => kind,
  subject: ({ subject }) => subject,
  detail: ({ kind, detail }) => (kind === 'Said' ? `#${detail}` : detail),
}

function entry(n: number, kind: string, detail = '', lot = ''): TimelineEntry {
  return { n, at: NINE + n * 10_000, kind, lot, subject: '', detail }
}

const objections = [{ objection: 1, bidder: 'b1', text: '质量标准', outcome: 'answered', answer: '按开标一览表宣读' }]
const view = {
  messages: [{ message: 7, at: NINE, speaker: 'host', channel: 'speech', text: '请各位 ＡＢＣ 核对', hidden: '' }],
  staff: [{ role: 'host', name: '张晓', unit: '', certificate: '' }],
  texts: [{ key: 'rules', title: '纪律', text: '请保持安静', read: true }],
  remarks: [{ remark: 1, role: 'supervisor', stance: '', about: '', text: '程序合规' }],
  calls: [],
  incidents: [],
  lots: [{ lot: '1', bidders: [], objections }],
} as unknown as View

const timeline = [entry(0, 'SignInOpened'), entry(1, 'Said', '7'), entry(2, 'TextRead', 'rules'), entry(3, 'RemarkMade', 'supervisor'), entry(4, 'ObjectionAnswered', 'answered', '1'), entry(5, 'PresenceChanged', 'offline')]
const lines = linesOf(view, timeline, words)

describe('the lines of an opening', () => {
  it('carry what was said, read, remarked and answered', () => {
    expect(lines.map(({ text }) => text)).toEqual(['', '请各位 ＡＢＣ 核对', 'rules · 请保持安静', 'supervisor · 程序合规', 'answered · 按开标一览表宣读', 'offline'])
    expect(lines[1]?.who).toBe('张晓')
  })

  it('carry no text where it is not certain whose it is', () => {
    const twice = linesOf(view, [entry(0, 'RemarkMade'), entry(1, 'RemarkMade')], words)
    expect(twice.map(({ text }) => text)).toEqual(['', ''])
  })

  it('are sorted into what people look for', () => {
    expect(['Said', 'ObjectionRaised', 'Suspended', 'PresenceChanged', 'BidOpened'].map(groupOf)).toEqual(['speech', 'objections', 'trouble', 'presence', 'course'])
  })
})

describe('the search', () => {
  it('finds lines that hold every word, whatever its width or case', () => {
    expect(found(lines, '核对 abc').map(({ n }) => n)).toEqual([1])
    expect(found(lines, '安静').map(({ n }) => n)).toEqual([2])
    expect(found(lines, '核对 安静')).toEqual([])
    expect(found(lines, ' ')).toHaveLength(6)
  })

  it('finds a time of day', () => {
    expect(found(lines, '09:00:3').map(({ n }) => n)).toEqual([3])
  })
})

describe('going through the lines', () => {
  it('knows the line of a moment', () => {
    expect([lineAt(lines, NINE - 1), lineAt(lines, NINE), lineAt(lines, NINE + 19_999), lineAt(lines, NINE + 1e9)]).toEqual([-1, 0, 1, 5])
  })

  it('goes to the next, and back past the one that was just reached', () => {
    expect(neighbour(lines, NINE + 10_000, 1)).toBe(NINE + 20_000)
    expect(neighbour(lines, NINE + 10_500, -1)).toBe(NINE)
    expect(neighbour(lines, NINE + 15_000, -1)).toBe(NINE + 10_000)
    expect(neighbour(lines, NINE + 50_000, 1)).toBeNull()
    expect(neighbour(lines, NINE, -1)).toBeNull()
  })

  it('reads a typed time as one of that day in the hall', () => {
    expect(momentFrom('09:03:12', NINE)).toBe(NINE + 192_000)
    expect(momentFrom('9:3', NINE)).toBe(NINE + 180_000)
    expect(momentFrom('９：０３：１２．４', NINE)).toBe(NINE + 192_400)
    expect(momentFrom('00:00', NINE)).toBe(NINE - 9 * 3_600_000)
    for (const nonsense of ['', '9', '24:00', '09:60', '09:03:12:1', 'nine']) expect(momentFrom(nonsense, NINE)).toBeNull()
  })
})
