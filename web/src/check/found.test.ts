import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import en from '@/locales/en'
import zh from '@/locales/zh-CN'
import { foundKey } from './found'

/** What a self-check signs of lines that are not green: `judge.ts`, `probes.ts`, `useCheck.ts`. */
const FACTS = [
  'secure insecure', 'storage no_disk', 'storage 40', 'camera denied', 'camera missing', 'camera busy', 'camera insecure', 'camera other', 'microphone denied', 'microphone missing',
  'microphone busy', 'microphone insecure', 'microphone other', 'network unreachable', 'network 1800', 'media tcp_only', 'media no_way', 'relay no_answer', 'clock 75',
  'certificate certificate_expired', 'certificate certificate_revoked', 'certificate certificate_untrusted', 'revocation unknown', 'revocation revoked', 'validity too_short',
  'deposit replaced', 'deposit revoked', 'deposit expires', 'browser opfs',
]

function told(locale: 'zh-CN' | 'en', check: string, fact: string): string {
  const { global } = createI18n({ legacy: false, locale, messages: { 'zh-CN': zh, en } })
  const key = foundKey(check, fact, (name) => global.te(name, 'zh-CN'))
  return key === '' ? '' : global.t(key, { fact })
}

describe('what a self-check found', () => {
  it.each(FACTS)('is told in words in both languages: %s', (line) => {
    const [check = '', fact = ''] = line.split(' ')
    for (const locale of ['zh-CN', 'en'] as const) {
      expect(told(locale, check, fact)).toMatch(locale === 'en' ? /^[a-z]+/i : /[一-鿿]/)
      expect(told(locale, check, fact)).not.toMatch(/[a-z]_[a-z]/)
    }
  })

  it('is taken from the words of a refusal where it is one, and never from another check’s', () => {
    expect(foundKey('signing', 'wrong_password', (name) => name === 'codes.wrong_password.what')).toBe('codes.wrong_password.what')
    expect(told('zh-CN', 'camera', 'denied')).toBe('未获允许')
    expect(told('zh-CN', 'camera', 'nobody_knows_this')).toBe('')
  })
})
