import type { IncomingMessage } from 'node:http'
import { ApiError } from '../http/errors.ts'

/**
 * Throws delivery_loop for a request that herald itself sent, or that somebody passed on with its headers: taken as an
 * event it would be delivered again, without end.
 */
export function refuseOwnDelivery(request: IncomingMessage): void {
  const isOwn = /^herald\//i.test(request.headers['user-agent'] ?? '')
  if (isOwn || request.headers['herald-delivery'] !== undefined)
    throw new ApiError('delivery_loop', 'A delivery of herald cannot be an event of herald.')
}
