import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchProcess, startProcess } from '../../bench/load/child.ts'
import type { Target } from '../service/service.ts'
import type { Manner, ReceivedHook, ReceiverQuestion } from './receiver.ts'

const FILE = new URL('receiver.ts', import.meta.url)
/** Each start numbers its requests from here on, since no process of a history is there twice. */
const PROCESSES_EACH = 1_000_000
const NO_ANSWER_MS = 10_000

/** The process of the receivers, which can be hurt too. Its log outlives it. */
export class Receivers {
  private child: BenchProcess<ReceiverQuestion> | undefined
  private starts = 0
  private hooks: ReceivedHook[] = []
  private readonly at: { folder: string; port: number; originMs: number }

  constructor(at: { folder: string; port: number; originMs: number }) {
    this.at = at
  }

  async start(): Promise<void> {
    const { folder, port, originMs } = this.at
    this.child = startProcess<ReceiverQuestion>(FILE)
    const firstProcess = ++this.starts * PROCESSES_EACH
    const log = join(folder, `receiver-${this.starts}.jsonl`)
    await this.child.ask({ kind: 'listen', port, log, originMs, firstProcess })
    await this.child.ask({ kind: 'hooks', hooks: this.hooks })
  }

  async take(hooks: ReceivedHook[]): Promise<void> {
    this.hooks = hooks
    await this.child?.ask({ kind: 'hooks', hooks })
  }

  /** Resolves when one has answered with success, or after 10 s without. */
  async answered(): Promise<void> {
    const answer = this.child?.ask({ kind: 'next answer' }).catch(() => undefined)
    await Promise.race([answer, sleep(NO_ANSWER_MS, undefined, { ref: false })])
  }

  get target(): Target {
    return { role: 'receiver', hurt: (does, amount) => this.hurt(does, amount) }
  }

  /** What the receivers of this run have written. */
  async logs(): Promise<string[]> {
    const names = (await readdir(this.at.folder)).filter((name) => name.startsWith('receiver-'))
    return Promise.all(names.map((name) => readFile(join(this.at.folder, name), 'utf8')))
  }

  async stop(): Promise<void> {
    await this.child?.stop()
  }

  private async hurt(does: string, amount: number): Promise<() => Promise<void>> {
    const { child } = this
    if (!child) throw new Error('the receivers do not run')
    if (does === 'kill') {
      process.kill(child.pid, 'SIGKILL')
      await child.stop()
      return () => this.start()
    }
    if (does === 'freeze') {
      process.kill(child.pid, 'SIGSTOP')
      return async () => void process.kill(child.pid, 'SIGCONT')
    }
    await child.ask({ kind: 'manner', manner: does as Manner, amount })
    return async () => void (await child.ask({ kind: 'manner', manner: 'well', amount: 0 }))
  }
}
