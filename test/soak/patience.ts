import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 120_000
const AGAIN_MS = 500

/** What it answers once it does: a server that was killed may be away for a while. Throws its last error after two minutes. */
export async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (const endMs = Date.now() + PATIENCE_MS; ; await sleep(AGAIN_MS)) {
    try {
      return await read()
    } catch (error) {
      if (Date.now() > endMs) throw error
    }
  }
}
