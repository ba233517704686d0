import { Resolver, lookup } from 'node:dns/promises'
import { startTimeLimit } from '../connect/time-limit.ts'

/** The two questions of the c-ares resolver; tests answer them as they like. */
export type NameResolver = {
  resolve4(hostname: string): Promise<string[]>
  resolve6(hostname: string): Promise<string[]>
}

/** A host has an address or it has not; `failed` where the name servers did not say. */
export type Answers = { addresses: string[]; failed?: string }

const TRY_MS = 2_000
const TRIES = 2
const NO_RECORDS = new Set(['ENODATA', 'ENOTFOUND'])

/**
 * A resolver with threads and time limits of its own. Not dns.lookup: four names with dead name servers
 * would stop every lookup of the process (libuv gives getaddrinfo two of its four threads).
 */
export function createNameResolver(): NameResolver {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES })
  return {
    resolve4: (hostname) => resolver.resolve4(hostname),
    resolve6: (hostname) => resolver.resolve6(hostname),
  }
}

/** A and AAAA records; the final dot keeps search domains out. Never throws; takes 4 s at most. */
export async function queryAddresses(resolver: NameResolver, hostname: string): Promise<Answers> {
  const name = `${hostname}.`
  const families = await Promise.all([
    settled(resolver.resolve4(name)),
    settled(resolver.resolve6(name)),
  ])
  const failed = families.find((answers) => answers.failed !== undefined)?.failed
  return {
    addresses: families.flatMap((answers) => answers.addresses),
    ...(failed !== undefined && { failed }),
  }
}

/** What the operating system says (hosts file, search domains): only for names that the operator allows. */
export async function lookupAddresses(hostname: string): Promise<Answers> {
  return settled(
    lookup(hostname, { all: true }).then((found) => found.map(({ address }) => address)),
  )
}

async function settled(query: Promise<string[]>): Promise<Answers> {
  let takeBack = () => {}
  const limit = new Promise<Answers>((resolve) => {
    const late = { addresses: [], failed: 'ETIMEOUT' }
    takeBack = startTimeLimit(TRY_MS * TRIES, () => resolve(late))
  })
  const answers = query.then(
    (addresses) => ({ addresses }),
    (error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN'
      return NO_RECORDS.has(code) ? { addresses: [] } : { addresses: [], failed: code }
    },
  )
  try {
    return await Promise.race([answers, limit])
  } finally {
    takeBack()
  }
}
