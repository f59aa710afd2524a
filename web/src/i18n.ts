/** Words. Chinese first, English beside it; the choice is kept on this computer. */
import { createI18n } from 'vue-i18n'
import en from './locales/en'
import zh from './locales/zh-CN'

export type Language = 'zh-CN' | 'en'

const KEY = 'language'

export const i18n = createI18n({
  legacy: false,
  locale: storedLanguage(),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
})

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  document.documentElement.lang = language
  localStorage.setItem(KEY, language)
}

function storedLanguage(): Language {
  return localStorage.getItem(KEY) === 'en' ? 'en' : 'zh-CN'
}
