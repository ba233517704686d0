/** Why a function of a filter has no result; the message holds no value of the event. */
export class FunctionFault extends Error {
  override readonly name = 'FunctionFault'
}
