import { EvaluationError } from '@marcbachmann/cel-js'
import { BudgetSpent } from './budget.ts'
import { FunctionFault } from './function-fault.ts'
import { OURS } from './own-functions.ts'

const TEXT_MAX = 200

/** What the library's codes mean. Its own messages quote the event, which is personal and goes before the webhook does. */
const WORDS: Readonly<Record<string, string>> = {
  bool_conversion_error: 'bool() cannot read a value',
  double_conversion_error: 'double() cannot read a value',
  int_conversion_error: 'int() cannot read a value',
  uint_conversion_error: 'uint() cannot read a value',
  numeric_overflow: 'a number is out of range',
  division_by_zero: 'division by zero',
  modulo_by_zero: 'division by zero',
  index_out_of_bounds: 'an index is out of range',
  index_out_of_range: 'an index is out of range',
  invalid_condition_type: 'a condition is neither true nor false',
  invalid_logical_operand: 'a condition is neither true nor false',
  invalid_comprehension_range: 'a loop needs a list or an object',
  invalid_comparison_type: 'two values cannot be compared',
  field_type_mismatch: 'a value has another type than is needed',
  list_item_type_mismatch: 'a value has another type than is needed',
  variable_type_mismatch: 'a value has another type than is needed',
}

/** Why an evaluation failed: names of the filter and of types, never a value of the event. */
export function faultWords(error: unknown): string {
  if (error instanceof BudgetSpent || error instanceof FunctionFault) return error.message
  if (!(error instanceof EvaluationError)) return 'it cannot be evaluated'
  if (error.code === 'no_such_key') return `No such key${keyOf(error)}`
  // these two name operators, functions and types only
  if (error.code === 'no_such_overload' || error.code === 'no_matching_overload')
    return error.summary.replaceAll(OURS, '').slice(0, TEXT_MAX)
  return WORDS[error.code] ?? 'it cannot be evaluated'
}

/** The key as the filter's text has it; one that was worked out of the event is not named. */
function keyOf({ node }: EvaluationError): string {
  if (!node || !('args' in node) || !Array.isArray(node.args)) return ''
  const [, key] = node.args as unknown[]
  if (node.op === '.' && typeof key === 'string') return `: ${key}`.slice(0, TEXT_MAX)
  return ''
}
