import type { Figures } from './figures.ts'

/** The figures of so many rounds, one after the other. */
export async function inRounds(
  rounds: number,
  measureOne: (round: number) => Promise<Figures>,
): Promise<Figures[]> {
  const measured: Figures[] = []
  for (let round = 0; round < rounds; round++) measured.push(await measureOne(round))
  return measured
}
