import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker'
import { readHistory } from './histories.ts'

/** Keeps the SDK from telling of each history that does not replay. Once a process, before anything of the SDK. */
export function quietSdk(): void {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter } },
  })
}

/** Replays these histories with a bundle of workflow code; gives what each came to: undefined where it replays. */
export async function replayErrors(
  workflowBundle: WorkflowBundleOption,
  files: readonly string[],
): Promise<Map<string, Error | undefined>> {
  const histories = await Promise.all(
    files.map(async (file) => ({ workflowId: file, history: await readHistory(file) })),
  )
  const errors = new Map<string, Error | undefined>()
  // debug mode: a slow machine must not look like workflow code that hangs
  const options = { workflowBundle, debugMode: true }
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
    errors.set(workflowId, error)
  return errors
}
