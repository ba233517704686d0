/**
 * At most `limit` open at once under this key; asked anew whenever something is released, since a limit may fall. A
 * `lenient` one does not keep out who has nothing open under its first key.
 */
export type Cap = { key: string; limit: () => number; lenient?: boolean }
export type Release = () => void
/** How long to wait for permits, and what ends the wait before. */
export type Patience = { patienceMs: number; signal?: AbortSignal | undefined }

type Waiter = { caps: readonly Cap[]; order: number; grant: () => void; giveUp: () => void }
/** Those who wait on behalf of one first key, in the order in which they came. */
type Group = { own: string; waiters: Set<Waiter>; line: string; open: number }
/** The groups that a key keeps out, by how many each has open. */
type Line = Map<number, Set<Group>>

/** Longer timers than this fire at once. */
const TIMER_MAX_MS = 2_147_483_647

/**
 * Permits of this process under several keys at once, all or none. Among those that a release lets in, whose first key has
 * the fewest open goes first, then who came first: a webhook with many open requests never keeps one with few waiting.
 */
export class Permits {
  private readonly open = new Map<string, number>()
  private readonly groups = new Map<string, Group>()
  /** Every group is in the line of one key that was full when somebody looked. */
  private readonly lines = new Map<string, Line>()
  private order = 0
  private isClosed = false

  /** The permits if they are free at this moment and nobody waits for the same first key. */
  free(caps: readonly Cap[]): Release | undefined {
    if (this.groups.has(ownKey(caps)) || this.fullKey(caps) !== undefined) return undefined
    this.take(caps)
    return this.releaseOf(caps)
  }

  /** Resolves to the release of a permit under each of the keys, or to undefined; the first key says on whose behalf. */
  async acquire(
    caps: readonly Cap[],
    { patienceMs, signal }: Patience,
  ): Promise<Release | undefined> {
    const free = this.free(caps)
    if (free || patienceMs <= 0 || signal?.aborted || this.isClosed) return free
    return await new Promise((resolve) => {
      const giveUp = () => {
        end()
        this.leave(waiter)
        resolve(undefined)
      }
      const timer = setTimeout(giveUp, Math.min(patienceMs, TIMER_MAX_MS))
      signal?.addEventListener('abort', giveUp, { once: true })
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
      }
      const grant = () => {
        end()
        resolve(this.releaseOf(caps))
      }
      const waiter: Waiter = { caps, grant, giveUp, order: this.order++ }
      this.join(waiter)
    })
  }

  /** Nobody waits any more: who does gets nothing, at once. */
  close(): void {
    this.isClosed = true
    const all = [...this.groups.values()].flatMap(({ waiters }) => [...waiters])
    for (const waiter of all) waiter.giveUp()
  }

  /** How many wait on behalf of this first key. */
  waiting(own: string): number {
    return this.groups.get(own)?.waiters.size ?? 0
  }

  private releaseOf(caps: readonly Cap[]): Release {
    let held = true
    return () => {
      if (!held) return
      held = false
      for (const { key } of caps) this.count(key, -1)
      this.letIn(caps)
    }
  }

  private take(caps: readonly Cap[]): void {
    for (const { key } of caps) this.count(key, 1)
  }

  private count(key: string, more: number): void {
    const open = this.openOf(key) + more
    if (open > 0) this.open.set(key, open)
    else this.open.delete(key)
    const group = this.groups.get(key)
    if (group) this.file(group, group.line)
  }

  private join(waiter: Waiter): void {
    const own = ownKey(waiter.caps)
    const group = this.groups.get(own)
    if (group) return void group.waiters.add(waiter)
    const line = this.fullKey(waiter.caps) ?? own
    const made = { own, waiters: new Set([waiter]), line, open: this.openOf(own) }
    this.groups.set(own, made)
    this.file(made, line)
  }

  private leave(waiter: Waiter): void {
    this.remove(waiter)
    this.letIn(waiter.caps)
  }

  private remove(waiter: Waiter): void {
    const group = this.groups.get(ownKey(waiter.caps))
    if (!group?.waiters.delete(waiter) || group.waiters.size > 0) return
    this.groups.delete(group.own)
    this.unfile(group)
  }

  /** Lets in whoever waits for one of these keys and finds room under all of theirs. */
  private letIn(caps: readonly Cap[]): void {
    for (let next = this.next(caps); next; next = this.next(caps)) {
      this.remove(next)
      this.take(next.caps)
      next.grant()
    }
  }

  private next(caps: readonly Cap[]): Waiter | undefined {
    let best: { waiter: Waiter; open: number } | undefined
    for (const { key } of caps) {
      const found = this.firstIn(key)
      if (!found) continue
      const isSooner =
        !best ||
        found.open < best.open ||
        (found.open === best.open && found.waiter.order < best.waiter.order)
      if (isSooner) best = found
    }
    return best?.waiter
  }

  /** Who is the next in the line of this key, if there is room; whom another key keeps out by now goes to that one's line. */
  private firstIn(key: string): { waiter: Waiter; open: number } | undefined {
    for (;;) {
      const group = fewestOpen(this.lines.get(key))
      const [waiter] = group?.waiters ?? []
      if (!group || !waiter) return undefined
      const full = this.fullKey(waiter.caps)
      if (full === undefined) return { waiter, open: group.open }
      if (full === key) return undefined
      this.file(group, full)
    }
  }

  private fullKey(caps: readonly Cap[]): string | undefined {
    const hasNone = this.openOf(ownKey(caps)) === 0
    const full = caps.find(
      ({ key, limit, lenient }) => this.openOf(key) >= limit() && !(lenient && hasNone),
    )
    return full?.key
  }

  private file(group: Group, line: string): void {
    this.unfile(group)
    group.line = line
    group.open = this.openOf(group.own)
    const among = this.lines.get(line) ?? new Map<number, Set<Group>>()
    this.lines.set(line, among)
    const equals = among.get(group.open)
    if (equals) equals.add(group)
    else among.set(group.open, new Set([group]))
  }

  private unfile(group: Group): void {
    const among = this.lines.get(group.line)
    const equals = among?.get(group.open)
    equals?.delete(group)
    if (equals?.size === 0) among?.delete(group.open)
    if (among?.size === 0) this.lines.delete(group.line)
  }

  private openOf(key: string): number {
    return this.open.get(key) ?? 0
  }
}

function ownKey(caps: readonly Cap[]): string {
  return caps[0]?.key ?? ''
}

function fewestOpen(line: Line | undefined): Group | undefined {
  if (!line) return undefined
  const [first] = line.get(Math.min(...line.keys())) ?? []
  return first
}
