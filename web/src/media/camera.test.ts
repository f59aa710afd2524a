import { expect, it } from 'vitest'
import { profileFrom } from './camera'

const wanted = { width: 640, height: 360, rate: 15 }

it('asks for what the hall wants, unless the address asks for something smaller', () => {
  expect(profileFrom('', wanted)).toEqual(wanted)
  expect(profileFrom('?to=/&video=320x180@10', wanted)).toEqual({ width: 320, height: 180, rate: 10 })
  expect(profileFrom('?video=huge', wanted)).toEqual(wanted)
})
