import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config.ts'
import { sha256 } from '../../ids.ts'
import { ApiError } from '../http/errors.ts'

export type PublicAddress = Pick<Config, 'PUBLIC_URL'>

const TOKEN = /^[A-Za-z0-9_-]{43}$/
const SAFE_METHODS = ['GET', 'HEAD']

/** The `Set-Cookie` of a session; with an age of 0 the browser forgets it. */
export function sessionCookie(config: PublicAddress, token: string, ageSeconds: number): string {
  const secure = isHttps(config) ? '; Secure' : ''
  return `${cookieName(config)}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${ageSeconds}${secure}`
}

/** The value of the session cookie, if the request has one that can be ours. */
export function sessionToken(request: IncomingMessage, config: PublicAddress): string | undefined {
  const name = `${cookieName(config)}=`
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const value = pairs.find((pair) => pair.startsWith(name))?.slice(name.length)
  return value !== undefined && TOKEN.test(value) ? value : undefined
}

/** What the console sends as `Herald-CSRF`; it follows from the cookie, which no other site can read. */
export function csrfToken(token: string): string {
  return sha256(`csrf:${token}`)
}

/** A request with the cookie that changes something must come from our own page. Throws csrf_refused. */
export function checkCsrf(request: IncomingMessage, config: PublicAddress, token: string): void {
  if (SAFE_METHODS.includes(request.method ?? '')) return
  checkOrigin(request, config)
  const sent = Buffer.from(String(request.headers['herald-csrf'] ?? ''))
  const expected = Buffer.from(csrfToken(token))
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected))
    throw new ApiError('csrf_refused', 'Send the `csrf` of the session as Herald-CSRF.')
}

/** Where a browser says which page sent the request, it is ours. Throws csrf_refused. */
export function checkOrigin(request: IncomingMessage, config: PublicAddress): void {
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site'] ?? 'same-origin'
  const isOurs = origin === undefined || ownOrigins(request, config).includes(origin)
  if (!isOurs || !['same-origin', 'none'].includes(site))
    throw new ApiError('csrf_refused', 'This request was sent by a page of another site.')
}

function ownOrigins(request: IncomingMessage, { PUBLIC_URL }: PublicAddress): string[] {
  return PUBLIC_URL === undefined
    ? [`http://${request.headers.host ?? ''}`]
    : [new URL(PUBLIC_URL).origin]
}

/** `__Host-` binds the cookie to this host; browsers take the prefix on https only. */
function cookieName(config: PublicAddress): string {
  return isHttps(config) ? '__Host-herald_session' : 'herald_session'
}

function isHttps({ PUBLIC_URL }: PublicAddress): boolean {
  return PUBLIC_URL?.startsWith('https:') ?? false
}
