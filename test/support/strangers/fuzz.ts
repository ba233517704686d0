import fc from 'fast-check'

const runs = Number(process.env['FUZZ_RUNS'] ?? 10_000)
/** fast-check takes 32-bit seeds. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)

/** Checks a property `FUZZ_RUNS` times (10,000 if unset), and prints the seed that `FUZZ_SEED` brings back. */
export async function fuzz<Values>(
  name: string,
  property: fc.IRawProperty<Values>,
  { share = 1 } = {},
): Promise<void> {
  const numRuns = Math.ceil(runs * share)
  console.info(`fuzz: ${name}: ${numRuns} runs, FUZZ_SEED=${seed}`)
  await fc.assert(property, { numRuns, seed })
}

/** The text with one character replaced, removed or put in, as a finger or an attacker would. */
export function mangled(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.constantFrom('', '"', '\\', '{', '}', ',', '\u0000', '%', '%2e', '@', '\n'),
  )
  return fc.tuple(text, fc.nat(), fc.nat(3), piece).map(([whole, at, removed, put]) => {
    const index = whole.length === 0 ? 0 : at % (whole.length + 1)
    return whole.slice(0, index) + put + whole.slice(index + removed)
  })
}
