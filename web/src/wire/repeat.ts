/** A signed message is sent again while nothing answers: its client nonce makes the hall answer a repetition as it answered the first. */
import { asFailure } from '@/failure'

const PAUSE = 1_000
const REPEATS = 60

/** What `send` is answered, the hall's refusals too. `connection_lost` only after a minute of trying. onRepeat: told of each one more try. */
export async function untilAnswered<T>(send: () => Promise<T>, onRepeat: () => void): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (thrown) {
      const failure = asFailure(thrown)
      if (failure.code !== 'connection_lost' || attempt > REPEATS) throw failure
      onRepeat()
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }
}
