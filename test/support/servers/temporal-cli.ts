import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { findTemporal } from '../../../scripts/servers.mjs'

const run = promisify(execFile)

/** The environment in which `temporal` is the pinned CLI and speaks to this server. Throws where there is no CLI. */
export async function temporalEnvironment(
  address = inject('temporalAddress'),
): Promise<Record<string, string | undefined>> {
  const source = await findTemporal({ ...process.env, TEMPORAL_ADDRESS: undefined })
  if (!source?.cli) throw new Error('There is no Temporal CLI. Run node scripts/setup.mjs first.')
  return {
    ...process.env,
    TEMPORAL_CLI_PATH: source.cli,
    TEMPORAL_ADDRESS: address,
  }
}

/** What `temporal …` prints, the real program against the tests' server. Throws where it fails. */
export async function temporalCli(...args: string[]): Promise<string> {
  return temporalCliAt(inject('temporalAddress'), ...args)
}

/** As temporalCli, against the server at this address. */
export async function temporalCliAt(address: string, ...args: string[]): Promise<string> {
  const env = await temporalEnvironment(address)
  const { stdout } = await run(env['TEMPORAL_CLI_PATH'] ?? '', args, { env, timeout: 60_000 })
  return stdout
}
