import { expect, test } from 'vitest'
import { toldCode } from './attempts'

test('clause 5.3.3: each failure in the page is told under its own code, and an unknown one as unexpected', () => {
  expect(toldCode('release', 'wrong_password')).toBe('wrong_password')
  expect(toldCode('sign_in', 'cancelled')).toBe('cancelled')
  expect(toldCode('release', 'something_new')).toBe('unexpected')
})

test('nothing is told of light acts, nor of what the hall knows as well', () => {
  expect(toldCode('say', 'cancelled')).toBeNull()
  expect(toldCode('release', 'suspended')).toBeNull()
})

test('what fails with a token is told as what it is: the bidder’s PIN, the bidder’s no, a key that is not open', () => {
  expect(toldCode('release', 'pin_wrong_last')).toBe('wrong_password')
  expect(toldCode('release', 'consent_refused')).toBe('cancelled')
  expect(toldCode('sign_in', 'ukey_gone')).toBe('certificate_needed')
})
