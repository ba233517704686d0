import { Resolver } from 'node:dns/promises'
import { createInterface } from 'node:readline'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { createPoster } from '../../../src/outbound/post.ts'

// A process of its own that a test can stop: each line of its input is a URL and a time limit, each of its output a result.
const resolver = new Resolver({ timeout: 2_000, tries: 2 })
resolver.setServers([`127.0.0.1:${process.argv[2]}`])
const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: true,
  resolver: {
    resolve4: (hostname) => resolver.resolve4(hostname),
    resolve6: (hostname) => resolver.resolve6(hostname),
  },
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const { url, timeoutMs } = JSON.parse(line) as { url: string; timeoutMs: number }
  const result = await poster.post({ url, headers: {}, body: '{}', timeoutMs })
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
await poster.close()
