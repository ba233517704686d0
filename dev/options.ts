import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError } from 'commander'

export type Options = {
  /** Absolute path of the folder that holds all state. */
  dataDir: string
  /** The API's port; 0 takes any free port for everything; undefined 8080 or the next free one. */
  port: number | undefined
  reset: boolean
  yes: boolean
  json: boolean
  demo: boolean
  once: boolean
}

/** What to do with the command line: run with options, or end with this code after what was printed. */
export type Parsed = { run: Options } | { exit: number }

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('want 0 to 65535.')
  return port
}

/** Reads the options of `npm start`; help and mistakes (with a did-you-mean) are written by `write`. */
export function parseOptions(args: readonly string[], write: (text: string) => void): Parsed {
  const command = new Command('npm start --')
    .description('Starts Temporal, MongoDB and herald on this machine, and shows a first delivery.')
    .option('--data-dir <folder>', 'where all state is kept', '.data')
    .option('--port <number>', 'port of the API; 0 takes any free one for everything', portNumber)
    .option('--reset', 'empty the data folder first, after asking', false)
    .option('--yes', 'do not ask before --reset', false)
    .option('--json', 'print NDJSON instead of text', false)
    .option('--no-demo', 'create no webhook and send nothing')
    .option('--once', 'end when the first delivery is verified; 1 if it is not within 60 s', false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write })
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return { exit: error.exitCode === 0 ? 0 : 2 }
    throw error
  }
  const { dataDir, port, ...flags } = command.opts<Omit<Options, 'port'> & { port?: number }>()
  if (flags.once && !flags.demo) {
    write('error: --once waits for the demo delivery, so it can not go with --no-demo\n')
    return { exit: 2 }
  }
  return { run: { ...flags, dataDir: resolve(dataDir), port } }
}
