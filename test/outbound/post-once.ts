import { createAddressGuard } from '../../src/outbound/address/address-guard.ts'
import { createPoster } from '../../src/outbound/post.ts'

// A process of its own: NODE_EXTRA_CA_CERTS is read at start. Posts to a name the certificate has and to two it has not.
const port = process.argv[2]
const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: false,
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
const shown = []
for (const [host, headers] of [
  ['localhost', {}],
  ['127.0.0.1', {}],
  ['127.0.0.1', { host: 'localhost' }],
] as const) {
  const url = `https://${host}:${port}/`
  const result = await poster.post({ url, headers, body: '{}', timeoutMs: 5_000 })
  const { response, error, timings } = result
  const outcome = response ? { status: response.status } : { code: error?.code }
  shown.push({ ...outcome, tls: timings.tlsMs !== null })
}
process.stdout.write(JSON.stringify(shown))
await poster.close()
