import { startStack } from '../../bench/stack.ts'
import { newMasterKey } from '../../src/ids.ts'
import { runProgram } from './run-program.ts'
import { type Verdict, verdictOf } from './verdict.ts'

const MINUTES = 1.1
const LONG_MINUTES = 20
/** Every random request has the same seed, unless it is the nightly form, which shall find what is new. */
const SEED = 1
/** Nobody listens there: a webhook with a made-up URL of somebody else must not reach him. */
const NO_PROXY_THERE = 'http://127.0.0.1:9'

/** Sends a herald of its own what its OpenAPI document allows and some that it does not; by scripts/schemathesis.mjs. */
export async function checkApiDocument(
  { long }: { long: boolean },
  limitMs: number,
): Promise<Verdict> {
  const endsAtMs = Date.now() + limitMs
  const stack = await startStack({
    MASTER_KEYS: newMasterKey(),
    CODEC_SERVER: 'true',
    EGRESS_PROXY_URL: NO_PROXY_THERE,
  })
  try {
    const settings = {
      url: stack.api,
      key: stack.key,
      minutes: long ? LONG_MINUTES : MINUTES,
      seed: long ? Math.floor(Date.now() / 1_000) : SEED,
    }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    const ended = await runProgram([process.execPath, 'scripts/schemathesis.mjs', ...args], {
      limitMs: Math.max(1, endsAtMs - Date.now()),
    })
    const skipped = ended.code === 0 && /^skipped: (.*)$/m.exec(ended.output)?.[1]
    if (skipped) return { result: 'skipped', detail: skipped }
    const verdict = verdictOf(ended)
    if (verdict.result === 'passed') return verdict
    const log = (await stack.heraldLog()).trimEnd().split('\n').slice(-20)
    return {
      ...verdict,
      detail: [verdict.detail, 'the log of herald ends with:', ...log].join('\n'),
    }
  } finally {
    await stack.stop()
  }
}
