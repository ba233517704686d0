/** What every call sends of the session; React learns of changes through the session query. */
type Stored = { csrf?: string; tenant?: string; lost?: () => void }

let stored: Stored = {}

export function session(): Readonly<Stored> {
  return stored
}

export function keepSession(change: Partial<Stored>): void {
  stored = { ...stored, ...change }
}
