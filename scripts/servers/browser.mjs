// A Chromium for the console's tests: one that is there, else Debian's.
import { existsSync } from 'node:fs'
import { env } from 'node:process'
import { isExecutable, onPath, output } from './install.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Its path, or undefined: `CHROMIUM` names one, else one of the usual names on PATH. */
export async function findBrowser(environment = env) {
  if (environment.CHROMIUM && (await isExecutable(environment.CHROMIUM)))
    return environment.CHROMIUM
  for (const name of NAMES) {
    const found = await onPath(name, environment)
    if (found) return found
  }
  return undefined
}

/** The same; where there is none it is installed if this is a Debian and we may. Throws where it can't be had. */
export async function getBrowser(say) {
  const found = await findBrowser()
  if (found) return found
  if (!existsSync('/usr/bin/apt-get')) throw new Error('there is no Chromium; name one as CHROMIUM')
  say('chromium …')
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } }
  await output('apt-get', ['update', '-qq'], options)
  await output('apt-get', ['install', '-qq', '-y', '--no-install-recommends', 'chromium'], options)
  const installed = await findBrowser()
  if (!installed) throw new Error('chromium was installed and is not on PATH')
  say('chromium is installed')
  return installed
}
