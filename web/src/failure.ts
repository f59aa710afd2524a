/**
 * The one error of the client: a stable code and plain facts, as the hall's own refusals carry them. The words stand in the
 * locale files under `codes.<code>`, so nothing here speaks to a person.
 */
export type Facts = Readonly<Record<string, string | number | boolean | null>>

export class Failure extends Error {
  readonly code: string
  readonly facts: Facts

  constructor(code: string, facts: Facts = {}) {
    super(code)
    this.name = 'Failure'
    this.code = code
    this.facts = facts
  }
}

/** Whatever was thrown, as a Failure; what nobody foresaw keeps its message as a fact for the person on the telephone. */
export function asFailure(thrown: unknown, code = 'unexpected'): Failure {
  if (thrown instanceof Failure) return thrown
  return new Failure(code, { detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) })
}
