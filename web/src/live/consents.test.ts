import { expect, it } from 'vitest'
import { faceBody, faceWords } from './consents'

it('gives nothing of a face that was not chosen', () => {
  expect(faceBody('', false)).toEqual({})
  expect(faceBody('', true)).toEqual({}) // a consent without a picture is none
  expect(faceBody('AA==', false)).toEqual({ photo: 'AA==' })
  expect(faceBody('AA==', true)).toEqual({ photo: 'AA==', compares_faces: true })
})

it('says what is signed, each consent in its own words', () => {
  expect(faceWords(faceBody('', true))).toEqual([])
  expect(faceWords(faceBody('AA==', false))).toEqual(['live.saysPhoto'])
  expect(faceWords(faceBody('AA==', true))).toEqual(['live.saysPhoto', 'live.saysCompares'])
})
