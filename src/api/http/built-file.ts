import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { RequestHandler } from 'express'
import { sha256 } from '../../ids.ts'
import { isKnown } from './etag.ts'

const compress = promisify(gzip)

/** Answers with a text that stays the same while herald runs: with an ETag, and compressed, once, where that is taken. */
export function builtFile(text: string, type: string): RequestHandler {
  // Sent as a weak one: compressed or not, it is the same text in other bytes.
  const etag = `"${sha256(text).slice(0, 32)}"`
  let compressed: Promise<Buffer> | undefined
  return async (request, response) => {
    response
      .set({ etag: `W/${etag}`, 'cache-control': 'no-cache' })
      .vary('accept-encoding')
      .type(type)
    if (isKnown(request, etag)) return void response.status(304).end()
    if (!request.acceptsEncodings('gzip')) return void response.send(text)
    compressed ??= compress(text)
    response.set('content-encoding', 'gzip').send(await compressed)
  }
}
