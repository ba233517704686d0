import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Milliseconds of a clock that never steps, and a name for it: processes of one machine since its start share both. */
export const bootClock = {
  boot: bootName(),
  bootMs: () => Number(process.hrtime.bigint()) / 1e6,
}

/** Where the system does not name its start, each process has a clock of its own. */
function bootName(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return randomUUID()
  }
}
