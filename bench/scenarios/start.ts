import { type Figures, rowOf } from '../measure/figures.ts'
import type { Scenario } from '../run.ts'
import { newDataDir, removeDataDir, startAsUsers } from '../systems/npm-start.ts'

/** How long `npm start` takes, once all it needs is installed. */
export const start: Scenario = {
  says: 'What `npm start` runs, without the demo: from its start until herald is ready, on an empty data folder and again on the same folder.',
  async measure({ mongo, rounds }) {
    const first: Figures[] = []
    const second: Figures[] = []
    for (let round = 0; round < rounds; round++) {
      const dataDir = await newDataDir(mongo)
      try {
        first.push(await startOnce(dataDir))
        second.push(await startOnce(dataDir))
      } finally {
        await removeDataDir(dataDir)
      }
    }
    return [rowOf('first, on an empty folder', first), rowOf('second, on the same folder', second)]
  },
}

async function startOnce(dataDir: string): Promise<Figures> {
  const started = await startAsUsers(dataDir)
  await started.stop()
  return { 'ready after ms': started.readyAfterMs }
}
