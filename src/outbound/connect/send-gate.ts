import type { Dispatcher } from 'undici'
import { type Failure, PostFailure } from './failure.ts'

/** Asked when the connection is open and the head of the request is the next thing to be written; false: it is not sent. */
export type SendGate = () => boolean

/** Why the request must not be sent now, if it must not. */
export type Refusal = () => Failure | undefined

/**
 * Asks this of the request that is being dispatched before its first byte. Not undici's DecoratorHandler, which breaks a
 * request with more than one interim response.
 */
export function gated(
  refusalOf: () => Refusal | undefined,
): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const refusal = refusalOf()
    const begin = handler.onRequestStart?.bind(handler)
    // the handler is this request's own; a throw fails it before it is written, and leaves its connection to the next one
    handler.onRequestStart = (controller, context) => {
      const failure = refusal?.()
      if (failure) throw new PostFailure(failure)
      begin?.(controller, context)
    }
    return dispatch(options, handler)
  }
}
