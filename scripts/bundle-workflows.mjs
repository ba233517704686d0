// node scripts/bundle-workflows.mjs OUT: writes the workflow bundle of src/workflows (or dist) to OUT.
import { resolve } from 'node:path'
import { argv, exit, stderr, stdout } from 'node:process'
import { bundleWorkflows } from './workflow-bundle.mjs'

const out = argv[2]
if (!out) {
  stderr.write('Usage: node scripts/bundle-workflows.mjs OUT\n')
  exit(2)
}
if (!(await bundleWorkflows(resolve(out)))) {
  stderr.write('There is neither src/workflows/index.ts nor dist/workflows/index.js.\n')
  exit(1)
}
stdout.write(`✔ workflow bundle: ${out}\n`)
