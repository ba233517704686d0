#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { exit, stderr } from 'node:process'

const cli = new URL('../dist/cli.js', import.meta.url)
if (!existsSync(cli)) {
  stderr.write(
    'herald: it is not built yet: there is no dist/cli.js. Run `npm ci && npm run build`.\n',
  )
  exit(1)
}
await import(cli.href)
