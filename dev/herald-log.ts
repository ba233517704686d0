import { open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Told, toldOf } from './herald-alarms.ts'

const POLL_MS = 250
const QUIET_MS = 10_000
const CHUNK_BYTES = 65_536

/** Tells of each new line in the log that has something to tell until `signal` aborts; the same at most every 10 s. */
export async function watchLog(
  file: string,
  told: (what: Told) => void,
  signal: AbortSignal,
): Promise<void> {
  const saidAtMs = new Map<string, number>()
  let offset = await sizeOf(file)
  let rest = ''
  while (!signal.aborted) {
    await sleep(POLL_MS, undefined, { ref: false })
    const size = await sizeOf(file)
    if (size < offset) offset = 0
    while (offset < size) {
      const text = await readAt(file, offset)
      if (!text.length) break
      offset += text.length
      const lines = (rest + text.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const what of lines.flatMap((line) => toldOf(line) ?? [])) {
        if (Date.now() - (saidAtMs.get(what.text) ?? 0) < QUIET_MS) continue
        saidAtMs.set(what.text, Date.now())
        told(what)
      }
    }
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  )
}

async function readAt(file: string, offset: number): Promise<Buffer> {
  const handle = await open(file)
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), { position: offset })
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
