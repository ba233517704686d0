// node --import tsx test/workflows/recorder/main.ts [TEXT]: records a history of each path that has none yet and whose
// name has TEXT, from a real run on a Temporal of its own, and prints its line for paths.ts. Overwrites nothing.
import { argv, env, exit, stdout } from 'node:process'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { findTemporal } from '../../../scripts/servers.mjs'
import { bundleOfCopy } from '../workflow-copy.ts'
import { addHistory, historyFiles, nameOf } from '../histories.ts'
import type { WorkflowName } from '../paths.ts'
import { storyOf } from '../story.ts'
import { recordOn } from './record.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const SHORT_WAITS = [
  { file: 'workflows/replay.ts', from: "LOOK_AGAIN = '1h'", to: "LOOK_AGAIN = '20ms'" },
]

Runtime.install({ logger: new DefaultLogger('ERROR') })
const [, , text = ''] = argv
const { cli } = (await findTemporal({ ...env, TEMPORAL_ADDRESS: undefined })) ?? {}
if (!cli) throw new Error('There is no Temporal CLI. Run node scripts/setup.mjs first.')
const bundles = { normal: await bundleOfCopy([]), short: await bundleOfCopy(SHORT_WAITS) }
const stored = (await historyFiles()).map(nameOf)
const missing = Object.entries(SCENARIOS)
  .flatMap(([workflow, all]) => all.map((one) => ({ ...one, workflow: workflow as WorkflowName })))
  .map((one) => ({ ...one, name: `${one.workflow}-${one.path}` }))
  .filter(({ name }) => name.includes(text) && !stored.includes(name))
for (const suggestAt of new Set(missing.map((one: Scenario) => one.suggestAt))) {
  const some = missing.filter((one) => one.suggestAt === suggestAt)
  await recordOn({ cli, suggestAt, bundles }, some, async ({ name }, history) => {
    await addHistory(name, history)
    stdout.write(`${name}: ${storyOf(history)}\n`)
  })
}
exit(0)
