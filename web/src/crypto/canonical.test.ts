import { describe, expect, it } from 'vitest'
import { utf8 } from './bytes'
import { type Json, canonical, readFlat } from './canonical'

const read = (text: string): unknown => readFlat(utf8(text), ['a', 'b'], 'bad')
const reason = (text: string): unknown => {
  try {
    return read(text)
  } catch (thrown) {
    return (thrown as { facts: { reason: string } }).facts.reason
  }
}

describe('canonical JSON', () => {
  it('sorts keys by code point, not by UTF-16 unit', () => {
    expect(canonical({ '\u{1F600}': 1, '\uFF5E': 2, a: [true, null, '大写'] })).toBe('{"a":[true,null,"大写"],"\uFF5E":2,"\u{1F600}":1}')
  })

  it.each([1.5, NaN, -0, 2 ** 53, '\ud800'] as Json[])('has no form for %s', (value) => {
    expect(() => canonical(value)).toThrow(TypeError)
  })
})

describe('the strict reader', () => {
  it('reads a flat object whose strings hold every kind of character', () => {
    expect(read('{"a":"{\\"b\\":1,}", "b": 7}')).toEqual({ a: '{"b":1,}', b: 7 })
  })

  it.each([
    ['{"a":1,"a":2,"b":3}', 'duplicate_key'],
    ['{"a":1,"\\u0061":2,"b":3}', 'duplicate_key'],
    ['{"a":1}', 'wrong_keys'],
    ['{"a":1,"b":2,"c":3}', 'wrong_keys'],
    ['{"a":1.0,"b":2}', 'not_an_integer'],
    ['{"a":1e0,"b":2}', 'not_an_integer'],
    ['{"a":-0,"b":2}', 'not_an_integer'],
    ['{"a":9007199254740993,"b":2}', 'wrong_value'],
    ['{"a":{"b":1},"b":2}', 'wrong_value'],
    ['{"a":true,"b":2}', 'wrong_value'],
    ['{"a":"\\ud800","b":2}', 'not_utf8'],
    ['\ufeff{"a":1,"b":2}', 'byte_order_mark'],
    ['[1,2]', 'not_an_object'],
    ['{"a":1,"b":2}x', 'not_json'],
  ])('refuses %s', (text, expected) => {
    expect(reason(text)).toBe(expected)
  })
})
