import { format } from 'prettier'
import { Metrics } from '../src/metrics.ts'
import { observe } from '../src/process/gauges.ts'

const markers = /(<!-- metrics:begin -->)[^]*(<!-- metrics:end -->)/

/** docs/operate.md with the table of metrics between its markers renewed. Throws where the markers are missing. */
export async function operatePage(page: string): Promise<string> {
  if (!markers.test(page)) throw new Error('docs/operate.md has no metrics markers')
  const renewed = page.replace(
    markers,
    (_all, begin: string, end: string) => `${begin}\n\n${metricsTable()}\n\n${end}`,
  )
  return format(renewed, { parser: 'markdown', printWidth: 100 })
}

function metricsTable(): string {
  const metrics = new Metrics()
  // they are described here, and never read
  observe(metrics, {} as Parameters<typeof observe>[1])
  const rows = metrics
    .described()
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, labels, help }) => {
      const series = labels.length > 0 ? `${name}{${labels.join(',')}}` : name
      return `| \`${series}\` | ${help} |`
    })
  return ['| Metric | Meaning |', '| --- | --- |', ...rows].join('\n')
}
