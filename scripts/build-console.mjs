// node scripts/build-console.mjs: builds console/dist where it is older than its sources.
import { stdout } from 'node:process'
import { buildConsole } from './console.mjs'

const made = await buildConsole()
stdout.write(made ? '✔ the console is built\n' : '✔ the console was built before\n')
