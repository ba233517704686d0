import { wireType } from '../../catalogue/wire-type.ts'

/** A webhook's patterns with the guide's names replaced by wire types, each once. */
export function wirePatterns(patterns: readonly string[]): string[] {
  return [...new Set(patterns.map(wireType))]
}
