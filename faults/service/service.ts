import type { Role } from '../history.ts'
import type { LoadHook } from '../load/webhooks.ts'

export type NewEvent = { event: string; type: string; proof: string }
type Publication = { url: string; headers: Record<string, string>; body: string }

/** A part of the system that can be hurt. */
export type Target = {
  role: Role
  /** Hurts it; resolves, when that has happened, to what mends it, which resolves when it is well again. */
  hurt: (does: string, amount: number) => Promise<() => Promise<void>>
}

/** A webhook as the judge must know it. */
export type JudgedHook = LoadHook & { types: string[]; secret?: string | undefined }

/** What became of a delivery, as the service under test shows it. */
export type Final = {
  event: string
  webhook: string
  delivery: string
  state: string
  reason?: string | undefined
  attempts: { number: number; outcome: string }[]
}

/** What a service can be asked beside taking events; a service that cannot is judged by what was received alone. */
export type Records = {
  /** Asks for what is left of its failing deliveries to be cancelled; `ask` writes down each, and what came of it. */
  cancel: (ask: CancelAsk) => Promise<void>
  /** How many of these events have something that is still owed, or nothing on record. */
  owed: (events: ReadonlySet<string>) => Promise<number>
  finals: () => Promise<Final[]>
}
export type CancelAsk = (
  one: { event: string; webhook: string; delivery: string },
  call: () => Promise<number>,
) => Promise<void>

/** What is under test: herald, or another one by a JSON file. */
export type Service = {
  targets: ReadonlyMap<string, Target>
  /** The request that publishes an event; `nth` spreads them over several servers. */
  publication: (event: NewEvent, nth: number) => Publication
  accepts: (status: number) => boolean
  /** Makes what of these webhooks it can, which deliver to `receiver`/<name>. */
  setUp: (hooks: readonly LoadHook[], receiver: string) => Promise<JudgedHook[]>
  records?: Records
  /** Its own processes as they are now, for their memory. */
  pids: () => number[]
  stop: (data: 'remove' | 'keep') => Promise<void>
}
