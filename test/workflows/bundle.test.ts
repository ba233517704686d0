import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import { describe, expect, it } from 'vitest'

const workflowsPath = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url))
const quiet = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

describe('workflow code', () => {
  it('bundles: it reaches no Node built-in, however many files away', async () => {
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet })
    expect(code).toContain('deliverEvents')
  })

  it('brings none of the heavy libraries into the sandbox', async () => {
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet })
    for (const name of ['zod', 'mongoose', 'undici', 'pino', 'express'])
      expect(code).not.toContain(`node_modules/${name}/`)
  })

  it('a workflow that imports node:crypto two files away does not bundle', async () => {
    const seeded = fileURLToPath(new URL('./seeded/uses-crypto.ts', import.meta.url))
    expect(await readFile(seeded, 'utf8')).toContain('digest')
    await expect(bundleWorkflowCode({ workflowsPath: seeded, logger: quiet })).rejects.toThrow()
  })
})
