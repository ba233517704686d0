import type { IncomingMessage } from 'node:http'
import { ApiError } from './errors.ts'

/** The strong ETag (RFC 9110) of a version. */
export function etagOf(version: number): string {
  return `"${version}"`
}

/** Throws if_match_missing, or version_stale where the caller has seen another version. */
export function checkIfMatch(request: IncomingMessage, version: number): void {
  const header = request.headers['if-match']
  if (header === undefined)
    throw new ApiError('if_match_missing', 'Send the ETag that you have read as If-Match.')
  if (!tagsOf(header).some((tag) => tag === '*' || tag === etagOf(version))) throw staleVersion()
}

/** Whether the caller has this version already (304). */
export function isUnchanged(request: IncomingMessage, version: number): boolean {
  return isKnown(request, etagOf(version))
}

/** Whether the caller has what this strong ETag is of, by weak comparison (RFC 9110, 13.1.2). */
export function isKnown(request: IncomingMessage, etag: string): boolean {
  const tags = tagsOf(request.headers['if-none-match'] ?? '')
  return tags.some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)
}

/** The 412 for a change that came in between. */
export function staleVersion(): ApiError {
  return new ApiError('version_stale', 'It was changed since you read it; read it again.')
}

/** Throws version_stale where two requests made the same document at once; any other error as it is. */
export function staleWhereTwice(error: unknown): never {
  throw error instanceof Error && 'code' in error && error.code === 11000 ? staleVersion() : error
}

function tagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim())
}
