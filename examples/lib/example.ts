import { randomUUID } from 'node:crypto'
import { call, connection, HELP, type Json, textOf } from './herald.ts'
import { type Request, startReceiver } from './receiver.ts'

const PATIENCE_MS = 30_000

export type Event = Json & { type: string; data: Json }

/** What a request must prove: which event it carries, and that it knows the secret. */
type Expected = { id: string; event: Event; secret: string }

type Example = {
  /** Fields of `POST /v1/webhooks`; the target's URL is added. */
  webhook: Json & { preset: string; target?: Json }
  events: Event[]
  /** Whether herald sent the request, and it is what this event should look like. */
  verify: (request: Request, expected: Expected) => boolean
  /** What the receiver answers to the first verified requests, before it answers 200. */
  firstAnswers?: number[]
}

/** Runs an example as a program: prints what the receiver verified; the exit code is 0 or 1. */
export async function runExample(example: Example): Promise<void> {
  try {
    const herald = connection()
    if (herald === 'help') return console.log(HELP)
    await run(example, herald)
    console.log(`ok: ${example.events.length} events verified`)
  } catch (error) {
    console.error(`failed: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

async function run(
  { webhook: fields, events, verify, firstAnswers = [] }: Example,
  herald: { api: string; key: string },
): Promise<void> {
  const inbox = new Inbox(verify, firstAnswers)
  const receiver = await startReceiver((request) => inbox.answer(request))
  try {
    const target = { type: 'http', url: receiver.url, ...fields.target }
    const webhook = await call(herald, 'POST', '/v1/webhooks', { body: { ...fields, target } })
    const { id, name, format, signature, success, retry } = webhook
    const secret = textOf(webhook['secret'])
    console.log(`webhook  ${String(id)} "${String(name)}" by the preset ${fields.preset}`)
    console.log(`         ${JSON.stringify({ format, signature, success, retry })}`)
    try {
      for (const event of events) {
        const expected = { event, id: `evt_${randomUUID()}`, secret }
        const delivered = inbox.expect(expected)
        console.log(`sent     ${event.type} as ${expected.id}`)
        await call(herald, 'POST', '/v1/events', { body: { id: expected.id, ...event } })
        await delivered
      }
    } finally {
      await call(herald, 'DELETE', `/v1/webhooks/${String(id)}`, { ifMatch: '*' })
      console.log(`removed  ${String(id)}`)
    }
  } finally {
    receiver.close()
  }
}

/** Judges the requests of one event after another. */
class Inbox {
  private readonly verify: Example['verify']
  private readonly firstAnswers: number[]
  private expected: Expected | undefined
  private settle = (_verified: boolean) => {}

  constructor(verify: Example['verify'], firstAnswers: number[]) {
    this.verify = verify
    this.firstAnswers = [...firstAnswers]
  }

  /** Resolves when a verified request was taken with 200; rejects for one that is not, or when none came. */
  async expect(expected: Expected): Promise<void> {
    this.expected = expected
    const verified = await new Promise<boolean | undefined>((resolve) => {
      const late = setTimeout(() => resolve(undefined), PATIENCE_MS)
      this.settle = (isVerified) => {
        clearTimeout(late)
        resolve(isVerified)
      }
    })
    if (verified === undefined) throw new Error(`nothing came within ${PATIENCE_MS / 1_000} s`)
    if (!verified) throw new Error('the receiver rejected the request')
  }

  answer(request: Request): number {
    const verified = this.expected !== undefined && this.verify(request, this.expected)
    const status = verified ? (this.firstAnswers.shift() ?? 200) : 401
    const attempt = String(request.headers['herald-attempt'])
    const said = verified ? 'verified' : 'rejected'
    const type = String(request.headers['herald-event-type'])
    console.log(`${said} ${type} (attempt ${attempt}), answered ${status}`)
    console.log(`         ${request.body.toString()}`)
    if (status === 200 || !verified) this.settle(verified)
    return status
  }
}
