import type { Json } from '../support/herald.ts'

/** 0: nobody answered, so that nobody knows whether it was done. */
export type Answer = { status: number; body: Json }

const PATIENCE_MS = 10_000
/** What may be answered while parts are killed; anything else is a fault. */
const EXPECTED = new Set([0, 200, 201, 202, 404, 409, 412, 429, 503])

/** The API of several heralds, each asked in turn, whatever has become of them. */
export class Api {
  /** How often each method, kind of resource and status was answered. */
  readonly answers = new Map<string, number>()
  /** Answers that are wrong whatever was killed. */
  readonly odd: string[] = []
  private readonly heralds: readonly { api: string }[]
  private readonly key: string
  private asked = 0

  constructor(heralds: readonly { api: string }[], key: string) {
    this.heralds = heralds
    this.key = key
  }

  async call(method: string, path: string, body?: object, headers = {}): Promise<Answer> {
    const herald = this.heralds[this.asked++ % this.heralds.length]
    const answer = await fetch(new URL(path, herald?.api), {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => ({ status: 0, text: '' }))
    const kind = `${method} ${path.split('?')[0]?.split('/').slice(0, 3).join('/')} ${answer.status}`
    this.answers.set(kind, (this.answers.get(kind) ?? 0) + 1)
    if (!EXPECTED.has(answer.status)) this.odd.push(`${kind}: ${answer.text.slice(0, 300)}`)
    return { status: answer.status, body: parsed(answer.text) }
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return {}
  }
}
