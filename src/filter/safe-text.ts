import type { ASTNode } from '@marcbachmann/cel-js'
import { OURS } from './own-functions.ts'
import { childrenOf } from './tree.ts'

/** What a filter may call. No `matches`: a regular expression can take for ever. No `map`, `join`, `bind`: values would grow. */
const FUNCTIONS = new Set(
  'has size int uint double string bool timestamp duration dyn type startsWith endsWith contains lowerAscii upperAscii trim indexOf lastIndexOf substring getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds'.split(
    ' ',
  ),
)
const LOOPS = new Set(['all', 'exists', 'exists_one', 'filter'])
const LOOP_DEPTH_MAX = 3
/** Each `+` may double a list of the event, so few of them. */
const PLUS_MAX = 8
/** Each shape of a literal is a type that the library remembers for good, so few of them. */
const LITERAL_DEPTH_MAX = 3

const FIELDS = new Set(['id', 'type', 'subject', 'reference', 'context', 'data'])

/** Stands for the event's type, since CEL has a type of the name `type`. */
export const TYPE_VARIABLE = 'herald_event_type'
/** Stands around each condition of a loop and takes a step of the budget. */
export const STEP_MACRO = 'herald_step'

type Edit = { at: number; removed: number; inserted: string }
type Fault = { detail: string; start: number; end: number }

/** Why a filter that CEL understands is refused all the same; or its text with every loop counted. */
export type SafeText =
  { ok: true; text: string; originalAt: (position: number) => number } | { ok: false; fault: Fault }

class Refused extends Error {
  override readonly name = 'Refused'
  readonly fault: Fault

  constructor(node: ASTNode, detail: string) {
    super(detail)
    this.fault = { detail, start: node.start, end: node.end }
  }
}

/** Checks what a parsed filter calls, and rewrites its text so that its loops take steps. Never throws. */
export function safeText(text: string, tree: ASTNode): SafeText {
  const walk = new Walk(text)
  try {
    walk.visit(tree, { loops: 0, literals: 0 })
  } catch (error) {
    if (error instanceof Refused) return { ok: false, fault: error.fault }
    throw error
  }
  const edits = walk.edits.toSorted((a, b) => a.at - b.at)
  return { ok: true, text: edited(text, edits), originalAt: (position) => before(edits, position) }
}

/** How many loops, and how many lists and objects, stand around a node. */
type Depth = { loops: number; literals: number }

class Walk {
  readonly edits: Edit[] = []
  private readonly text: string
  private plus = 0

  constructor(text: string) {
    this.text = text
  }

  visit(node: ASTNode, depth: Depth): void {
    if (node.op === 'id') return this.identifier(node, node.args)
    if (node.op === 'call') this.mayCall(node, node.args[0])
    if (node.op === 'rcall' && LOOPS.has(node.args[0])) return this.loop(node, depth)
    if (node.op === 'rcall') this.mayCall(node, node.args[0])
    if (node.op === '+' && (this.plus += 1) > PLUS_MAX)
      throw new Refused(node, `more than ${PLUS_MAX} additions`)
    const isLiteral = node.op === 'list' || node.op === 'map'
    const literals = depth.literals + (isLiteral ? 1 : 0)
    if (literals > LITERAL_DEPTH_MAX)
      throw new Refused(node, `more than ${LITERAL_DEPTH_MAX} lists or objects inside each other`)
    for (const child of childrenOf(node)) this.visit(child, { ...depth, literals })
  }

  private identifier(node: ASTNode, name: string): void {
    if (name.startsWith(OURS)) throw new Refused(node, `Unknown variable: ${name}`)
    if (name === 'type')
      this.edits.push({ at: node.start, removed: name.length, inserted: TYPE_VARIABLE })
  }

  private mayCall(node: ASTNode, name: string): void {
    if (!FUNCTIONS.has(name)) throw new Refused(node, `${name}() is not available in filters`)
  }

  /** `list.exists(x, condition)`: the condition stands between the comma behind `x` and the last parenthesis. */
  private loop(node: ASTNode & { op: 'rcall' }, depth: Depth): void {
    const [name, list, [variable, condition, ...more]] = node.args
    if (depth.loops >= LOOP_DEPTH_MAX)
      throw new Refused(node, `more than ${LOOP_DEPTH_MAX} loops inside each other`)
    if (!variable || !condition || more.length > 0 || variable.op !== 'id')
      throw new Refused(node, `${name}() takes a name and a condition`)
    if (variable.args.startsWith(OURS) || FIELDS.has(variable.args))
      throw new Refused(variable, `“${variable.args}” is taken; use another name`)
    const comma = this.text.indexOf(',', variable.end)
    if (this.text.slice(variable.end, comma).trim() !== '' || this.text[node.end - 1] !== ')')
      throw new Refused(node, `${name}() must be written as ${name}(x, condition)`)
    this.edits.push({ at: comma + 1, removed: 0, inserted: `${STEP_MACRO}(` })
    this.visit(list, depth)
    this.visit(condition, { ...depth, loops: depth.loops + 1 })
    this.edits.push({ at: node.end - 1, removed: 0, inserted: ')' })
  }
}

function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let from = 0
  for (const { at, removed, inserted } of edits) {
    parts.push(text.slice(from, at), inserted)
    from = at + removed
  }
  return parts.join('') + text.slice(from)
}

/** Where a position of the edited text was before. */
function before(edits: readonly Edit[], position: number): number {
  let shift = 0
  for (const { at, removed, inserted } of edits) {
    if (position < at + shift + inserted.length) return Math.min(at, position - shift)
    shift += inserted.length - removed
  }
  return position - shift
}
