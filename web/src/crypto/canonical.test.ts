import { describe, expect, it } from 'vitest'
import { utf8 } from './bytes'
import { type Json, canonical, readFlat } from './canonical'

const field = (text: string): unknown => {
  try {
    return readFlat(utf8(text), ['a', 'b'], 'bad')
  } catch (thrown) {
    return (thrown as { facts: { field: string } }).facts.field
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
    expect(field('{"a":"{\\"b\\":1,}","b":7}')).toEqual({ a: '{"b":1,}', b: 7 })
  })

  it.each([
    ['{"a":1,"a":2,"b":3}', 'json'],
    ['{"a":1,"\\u0061":2,"b":3}', 'json'],
    ['{"b":1,"a":2}', 'json'],
    ['{"a":1, "b":2}', 'json'],
    ['{"a":1}', 'keys'],
    ['{"a":1,"b":2,"c":3}', 'keys'],
    ['{"a":1.0,"b":2}', 'json'],
    ['{"a":1e0,"b":2}', 'json'],
    ['{"a":-0,"b":2}', 'json'],
    ['{"a":9007199254740993,"b":2}', 'json'],
    ['{"a":{"b":1},"b":2}', 'json'],
    ['{"a":true,"b":2}', 'json'],
    ['{"a":"\\ud800","b":2}', 'json'],
    ['\ufeff{"a":1,"b":2}', 'json'],
    ['[1,2]', 'json'],
    ['{"a":1,"b":2}x', 'json'],
  ])('refuses %s', (text, expected) => {
    expect(field(text)).toBe(expected)
  })
})
