import type { ASTNode } from '@marcbachmann/cel-js'
import { childrenOf } from './tree.ts'

/** Characters of all texts that a filter may read and still be cheap; with its 1,000 characters that bounds its work. */
const TEXT_MAX = 4_096

/** Functions that are linear in texts of the event, and give nothing that is larger. */
const LINEAR = words(
  'int uint double string bool duration timestamp size startsWith endsWith lowerAscii upperAscii trim substring getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds',
)
/** Functions that are so where what they look for stands in the filter. */
const SEARCHES = words('contains indexOf lastIndexOf')
const OPERATORS = words('&& || ?: !_ -_ == != < <= > >= in + - * / % value list call rcall')

/** The names and keys that lead to a value of the event, such as `data`, `newStatus`. */
export type Path = readonly (string | number)[]

/**
 * The paths whose values a filter reads, if the filter itself is cheap: no loop, no list or object of the event as a whole,
 * no time zone, nothing that grows. Undefined for every other one.
 */
export function cheapPaths(tree: ASTNode): Path[] | undefined {
  const paths: Path[] = []
  return isCheap(tree, paths) ? paths : undefined
}

/** Whether all these values of an event are plain and together so small that a cheap filter is done with them in no time. */
export function areSmall(paths: readonly Path[], event: Record<string, unknown>): boolean {
  let characters = 0
  for (const path of paths) {
    const value = valueAt(event, path)
    if (typeof value === 'object' && value !== null) return false
    if (typeof value === 'string') characters += value.length
  }
  return characters <= TEXT_MAX
}

function isCheap(node: ASTNode, paths: Path[]): boolean {
  const path = pathOf(node)
  if (path) return paths.push(path) > 0
  if (!OPERATORS.has(node.op)) return false
  if (node.op === 'call' && node.args[0] === 'has') return true // it looks whether there is a value, not at it
  if (node.op === 'list') return node.args.every(({ op }) => op === 'value')
  if (node.op === 'call' || node.op === 'rcall') return isCheapCall(node, paths)
  return childrenOf(node).every((child) => isCheap(child, paths))
}

function isCheapCall(node: ASTNode & { op: 'call' | 'rcall' }, paths: Path[]): boolean {
  const [name] = node.args
  const given = node.op === 'call' ? node.args[1] : node.args[2]
  if (SEARCHES.has(name) && given[0]?.op !== 'value') return false
  if (name.startsWith('get') && given.length > 0) return false // in a time zone
  if (!SEARCHES.has(name) && !LINEAR.has(name)) return false
  return childrenOf(node).every((child) => isCheap(child, paths))
}

/** The path of `data.a["b"][0]`; undefined where a step is worked out, or it begins at no name. */
function pathOf(node: ASTNode): Path | undefined {
  if (node.op === 'id') return [node.args]
  if (node.op !== '.' && node.op !== '[]') return undefined
  const [from, step] = node.args
  const before = pathOf(from)
  if (!before) return undefined
  if (typeof step === 'string') return [...before, step]
  if (step.op !== 'value') return undefined
  if (typeof step.args === 'string') return [...before, step.args]
  return typeof step.args === 'bigint' ? [...before, Number(step.args)] : undefined
}

function valueAt(event: Record<string, unknown>, path: Path): unknown {
  let value: unknown = event
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

function words(text: string): Set<string> {
  return new Set(text.split(' '))
}
