import { setTimeout as sleep } from 'node:timers/promises'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { createPoster } from '../../../src/outbound/post.ts'

// A process of its own: NODE_EXTRA_CA_CERTS is read at start. Posts to each URL of its arguments in turn.
const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: true,
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
const results = []
for (const url of process.argv.slice(2)) {
  results.push(await poster.post({ url, headers: {}, body: 'b'.repeat(100_000), timeoutMs: 5_000 }))
  await sleep(5) // so that a connection is idle before the next one
}
process.stdout.write(JSON.stringify(results))
await poster.close()
