import type { ASTNode } from '@marcbachmann/cel-js'

/** The nodes directly below a node, at any depth of arrays among its operands. */
export function childrenOf(node: ASTNode): ASTNode[] {
  return nodesIn(node.args)
}

/** A node and all below it, each once, parents first. */
export function* nodesOf(tree: ASTNode): Generator<ASTNode> {
  yield tree
  for (const child of childrenOf(tree)) yield* nodesOf(child)
}

function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}
