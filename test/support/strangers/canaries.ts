import { randomBytes } from 'node:crypto'

const names = [
  ...([
    'signing',
    'ownSigning',
    'rotated',
    'apiKey',
    'patchedApiKey',
    'header',
    'slackPath',
  ] as const),
  ...(['adminKey', 'madeKey', 'mongo', 'eventData', 'refusedSecret', 'urlPassword'] as const),
  ...(['masterKey', 'control'] as const),
]
export type CanaryName = (typeof names)[number]

/** Values that are nowhere else in the world, one for each field that keeps a secret. */
export class Canaries {
  private readonly values: [CanaryName, string][] = []

  /** A new value of 32 letters and digits, kept under this name beside those before it. */
  plant(name: CanaryName): string {
    return this.keep(name, randomBytes(16).toString('hex'))
  }

  /** Keeps a value that herald made. */
  keep(name: CanaryName, value: string): string {
    this.values.push([name, value])
    return value
  }

  /** Names of those that stand in the text, as they are or in base64 or hex; the last four characters may be shown. */
  in(text: string, allowed: readonly CanaryName[] = []): CanaryName[] {
    const found = this.values.flatMap(([name, value]) =>
      !allowed.includes(name) && spellings(value).some((one) => text.includes(one)) ? [name] : [],
    )
    return [...new Set(found)]
  }
}

function spellings(value: string): string[] {
  const secret = value.replace(/^whsec_|^hk_[^_]+_/, '').slice(0, -4)
  const bytes = Buffer.from(secret)
  // In base64 the bytes around a text change its first and last characters, by where it stands among threes.
  const encoded = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  )
  const halves = [secret.slice(0, secret.length / 2), secret.slice(secret.length / 2)]
  return [...halves, bytes.toString('hex'), ...encoded]
}
