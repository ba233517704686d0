import { startProcess } from '../load/child.ts'
import type { System } from './system.ts'

/** Starts the bare forwarder; it sends everything to this URL. */
export async function startForwarder(
  to: string,
): Promise<{ system: System; stop: () => Promise<void> }> {
  const forwarder = startProcess<{ to: string }>(new URL('./forwarder-process.ts', import.meta.url))
  const port = await forwarder.ask<number>({ to })
  const system: System = {
    name: 'forwarder',
    processes: () => ({ forwarder: forwarder.pid }),
    target: (type) => ({
      url: `http://127.0.0.1:${port}/`,
      headers: { 'content-type': 'application/json' },
      before: '',
      event: `{"id":"__ID__","type":"${type}","data":{"hello":"world"}}`,
      after: '',
      okStatus: [202],
    }),
  }
  return { system, stop: () => forwarder.stop() }
}
