import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { createPoster } from '../../../src/outbound/post.ts'

// A process of its own, so that its memory is that of the requests: as many to each URL, and the peak in MiB of each.
const AT_ONCE = 8
const EACH = 25
const guard = createAddressGuard({
  allowCidrs: ['127.0.0.0/8'],
  denyCidrs: [],
  allowHosts: [],
  allowHttp: true,
})
const poster = createPoster({ guard, userAgent: 'herald/test' })
const peaks: number[] = []
for (const url of process.argv.slice(2)) {
  let peak = 0
  const watch = () => (peak = Math.max(peak, process.memoryUsage.rss() / 1_048_576))
  const timer = setInterval(watch, 5)
  const postAll = async () => {
    for (let n = 0; n < EACH; n++) {
      await poster.post({ url, headers: {}, body: '{}', timeoutMs: 5_000 })
      watch()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, postAll))
  clearInterval(timer)
  peaks.push(peak)
}
process.stdout.write(JSON.stringify(peaks))
await poster.close()
