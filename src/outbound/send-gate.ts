import { DecoratorHandler, type Dispatcher } from 'undici'
import { PostFailure } from './failure.ts'

/** Asked when the connection is open and the head of the request is the next thing to be written; false: it is not sent. */
export type SendGate = () => boolean

/** Puts the gate of the request that is being dispatched, if it has one, before its first byte. */
export function gated(gateOf: () => SendGate | undefined): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const gate = gateOf()
    return dispatch(options, gate ? new GateHandler(handler, gate) : handler)
  }
}

class GateHandler extends DecoratorHandler implements Dispatcher.DispatchHandler {
  private readonly gate: SendGate

  constructor(handler: Dispatcher.DispatchHandler, gate: SendGate) {
    super(handler)
    this.gate = gate
  }

  /** A throw here fails the request before it is written, and leaves its connection to the next one. */
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    if (!this.gate())
      throw new PostFailure({
        code: 'limited',
        detail: 'its time slot had passed; nothing was sent',
      })
    const begin: NonNullable<Dispatcher.DispatchHandler['onRequestStart']> = Reflect.get(
      DecoratorHandler.prototype,
      'onRequestStart',
    )
    begin.call(this, controller, context)
  }
}
