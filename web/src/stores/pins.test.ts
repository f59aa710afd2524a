import { beforeEach, expect, it } from 'vitest'
import { lot, view } from '../../tests/view'
import { type StaffView, type View } from '@/wire/types.gen'
import { confirmHost, pinCommanders, pinnedCommanders, unknownHost } from './pins'

const host = (certificate: string): StaffView => ({ role: 'host', name: `主持人 ${certificate}`, unit: '', certificate })
const hosted = (certificate: string, changes: Partial<View> = {}): View => view({ staff: [host(certificate)], ...changes })
const commanded = (certificate: string): View => hosted(certificate, { lots: [lot({ stage: 'decryption', command: { certificate } })] })

beforeEach(() => {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  Object.assign(globalThis, { localStorage: storage })
})

it('knows the host and its deputies from the first view on', () => {
  pinCommanders(hosted('first', { deputies: [host('second')] }))
  expect(pinnedCommanders(commanded('second'))).toEqual(['first', 'second'])
})

it('takes a successor that was named before it commanded', () => {
  pinCommanders(hosted('first'))
  pinCommanders(hosted('second'))
  expect(pinnedCommanders(commanded('second'))).toContain('second')
  expect(unknownHost(commanded('second'))).toBe('')
})

it('does not believe a host that appears together with its command, until the person has asked', () => {
  pinCommanders(hosted('first'))
  const surprise = commanded('second')
  pinCommanders(surprise)
  expect(pinnedCommanders(surprise)).toEqual(['first'])
  expect(unknownHost(surprise)).toBe('主持人 second')
  confirmHost(surprise)
  expect(unknownHost(surprise)).toBe('')
})
