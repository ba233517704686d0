import { readFile } from 'node:fs/promises'
import { cpuMs, residentMib } from '../../test/support/servers/process-usage.ts'

/** Process ids by the name under which they are reported. */
export type Processes = Record<string, number>

/** CPU since it began, and resident memory, of each process with its children but for those that have a name of their own. */
export type Usage = Record<string, { cpuMs: number; residentMib: number }>

/** What the processes have used until now. One that has ended counts nothing. */
export async function usageOf(processes: Processes): Promise<Usage> {
  const named = new Set(Object.values(processes))
  const entries = Object.entries(processes).map(async ([name, pid]) => {
    const tree = await treeOf(pid, named)
    const cpu = await Promise.all(tree.map((one) => cpuMs(one).catch(() => 0)))
    const memory = await Promise.all(tree.map((one) => residentMib(one).catch(() => 0)))
    return [name, { cpuMs: sum(cpu), residentMib: sum(memory) }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** CPU from one look to the other, memory as it is at the second. */
export function usedBetween(before: Usage, after: Usage): Usage {
  const entries = Object.entries(after).map(([name, { cpuMs: until, residentMib: memory }]) => {
    const used = { cpuMs: until - (before[name]?.cpuMs ?? 0), residentMib: memory }
    return [name, used] as const
  })
  return Object.fromEntries(entries)
}

/** By /proc (Linux only). */
async function treeOf(pid: number, named: ReadonlySet<number>): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const children = text.split(' ').filter(Boolean).map(Number)
  const unnamed = children.filter((child) => !named.has(child))
  const trees = await Promise.all(unnamed.map((child) => treeOf(child, named)))
  return [pid, ...trees.flat()]
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
