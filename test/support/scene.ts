import { type Herald, type Json, startHerald } from './herald.ts'
import { type Answer, type Hit, type Receiver, startReceiver } from './receiver.ts'
import { until } from './until.ts'

export type Hooked = { receiver: Receiver; webhook: Json & { id: string; secret: string } }

/** What most end-to-end files set up: a herald, webhooks with a receiver each, and whether their workflows have ended. */
export class Scene {
  private readonly name: string
  private readonly receivers: Receiver[] = []
  private running: Herald | undefined

  constructor(name: string) {
    this.name = name
  }

  async start(): Promise<Herald> {
    this.running = await startHerald(this.name)
    return this.running
  }

  async stop(): Promise<void> {
    await this.running?.stop()
    await Promise.all(this.receivers.map((one) => one.close()))
  }

  /** A webhook for events of this type, and its receiver, which answers what `answer(hit, n)` says. */
  readonly hook = async (
    type: string,
    fields: Json = {},
    answer?: (hit: Hit, n: number) => Answer,
  ): Promise<Hooked> => {
    const receiver = await startReceiver(answer)
    this.receivers.push(receiver)
    const target = { type: 'http', url: receiver.url, timeout: '10s' }
    const webhook = await this.herald.webhook({ events: [type], target, ...fields })
    return { receiver, webhook }
  }

  /** Changes a webhook as it is now. Throws where that is refused. */
  readonly patch = async (id: string, body: Json): Promise<void> => {
    const read = await this.herald.call('GET', `/v1/webhooks/${id}`)
    const match = { 'if-match': String(read.headers.get('etag')) }
    const { status } = await this.herald.call('PATCH', `/v1/webhooks/${id}`, body, match)
    if (status !== 200) throw new Error(`PATCH of ${id} was answered ${status}`)
  }

  /** The status of a workflow, in Temporal's word. */
  readonly status = async (workflow: string): Promise<string> => {
    const { status } = await this.herald.client.workflow.getHandle(workflow).describe()
    return status.name
  }

  /** Resolves once the workflow has this status. */
  readonly ended = (workflow: string, want = 'COMPLETED', seconds = 30): Promise<unknown> =>
    until(async () => (await this.status(workflow)) === want, {
      seconds,
      what: `${workflow} ${want}`,
    })

  private get herald(): Herald {
    if (!this.running) throw new Error('the scene has not started')
    return this.running
  }
}
