import { open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 250
const QUIET_MS = 10_000
const CHUNK_BYTES = 65_536
/** pino's number for `warn`. */
const WARN = 40

/** A warning or error of a JSON log line in a few words, else undefined. */
export function alarmOf(line: string): string | undefined {
  try {
    const entry = JSON.parse(line) as {
      level?: number
      msg?: string
      err?: { message?: string }
      error?: unknown
    }
    if ((entry.level ?? 0) < WARN) return undefined
    const cause = entry.err?.message ?? (typeof entry.error === 'string' ? entry.error : '')
    return `herald: ${entry.msg ?? 'error'}${cause ? ` (${cause.slice(0, 160)})` : ''}`
  } catch {
    return undefined
  }
}

/** Tells `warn` of each new warning or error in the log until `signal` aborts; the same one at most every 10 s. */
export async function watchLog(
  file: string,
  warn: (text: string) => void,
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
      for (const alarm of lines.flatMap((line) => alarmOf(line) ?? [])) {
        if (Date.now() - (saidAtMs.get(alarm) ?? 0) < QUIET_MS) continue
        saidAtMs.set(alarm, Date.now())
        warn(alarm)
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
