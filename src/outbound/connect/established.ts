import type { Socket } from 'node:net'
import { type Failure, PostFailure } from './failure.ts'

export const CONNECT_TIMED_OUT: Failure = {
  code: 'connect_timeout',
  detail: 'no connection within 5 s',
}

/** Resolves when the socket has connected; at the limit it is destroyed. */
export function established(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  limit: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => socket.destroy(new PostFailure(CONNECT_TIMED_OUT))
    const settle = (end: () => void) => {
      limit.removeEventListener('abort', giveUp)
      end()
    }
    // Stays attached: a socket without a listener would throw between here and undici.
    socket.on('error', (error) => settle(() => reject(error)))
    socket.once(event, () => settle(resolve))
    limit.addEventListener('abort', giveUp, { once: true })
    if (limit.aborted) giveUp()
  })
}
