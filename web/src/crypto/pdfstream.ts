/** Data inside PDF streams: deflate with a limit, and the predictors that cross-reference streams use. */
import { type Bytes, concat } from './bytes'
import { badPdf } from './pdfsyntax'

/** Throws Failure('pdf_not_signable') for damaged data, and for more than `most` bytes: a few bytes can claim to be many. */
export async function inflate(data: Bytes, most: number): Promise<Bytes> {
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate')).getReader()
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return concat(...parts)
      size += value.length
      if (size > most) throw new RangeError('too much')
      parts.push(value)
    }
  } catch {
    await reader.cancel().catch(() => undefined)
    throw badPdf('stream_data')
  }
}

/** Undo PNG prediction (10 and more) of rows of `columns` bytes, each behind its own filter byte; 1 is no prediction. */
export function unpredict(data: Bytes, predictor: number, columns: number): Bytes {
  if (predictor === 1) return data
  if (predictor < 10 || columns < 1 || data.length % (columns + 1) !== 0) throw badPdf('predictor')
  const rows = data.length / (columns + 1)
  const out = new Uint8Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const from = row * (columns + 1)
    const to = row * columns
    for (let column = 0; column < columns; column++) {
      const left = column === 0 ? 0 : (out[to + column - 1] as number)
      const up = row === 0 ? 0 : (out[to + column - columns] as number)
      const corner = row === 0 || column === 0 ? 0 : (out[to + column - columns - 1] as number)
      out[to + column] = (data[from + 1 + column] as number) + predicted(data[from] as number, left, up, corner)
    }
  }
  return out
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return up
    case 3:
      return (left + up) >> 1
    case 4:
      return paeth(left, up, corner)
    default:
      throw badPdf('predictor')
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value)) as [number, number, number]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}
