import { Select } from '@mantine/core'
import { z } from 'zod'
import { useAnswer } from '../../api/queries.ts'
import type { Series } from '../../api/types.ts'
import { useWebhooks } from '../../api/webhooks.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Charts } from './charts.tsx'
import { FirstSteps } from './first-steps.tsx'
import { Figures } from './figures.tsx'
import { HealthStrip } from './health-strip.tsx'
import { Problems } from './problems.tsx'

const WINDOWS = [
  { value: '1h', label: 'last hour' },
  { value: '24h', label: 'last 24 h' },
  { value: '7d', label: 'last 7 days' },
]
const filters = z.object({ since: z.enum(['1h', '24h', '7d']).default('24h') })

/** Is all well, and if not, what needs me? */
export function OverviewPage() {
  const [{ since }, change] = useFilters(filters)
  const webhooks = useWebhooks()
  const series = useAnswer<Series>('/v1/stats/series', { query: { since }, everyMs: 10_000 })
  const isNew = webhooks.data?.data.length === 0
  return (
    <>
      <PageHead
        title="Overview"
        actions={
          <Select
            aria-label="Window"
            data={WINDOWS}
            value={since}
            onChange={(value) => change({ since: value ?? '24h' })}
            allowDeselect={false}
            size="xs"
            w={130}
          />
        }
      />
      <div className="stack stack-wide">
        <HealthStrip />
        {isNew ? (
          <FirstSteps />
        ) : (
          <>
            <Loaded query={series}>
              {(data) => (
                <div className="stack">
                  <Figures series={data} />
                  <Charts series={data} />
                </div>
              )}
            </Loaded>
            <Section title="Needs attention">
              <Problems since={since} />
            </Section>
          </>
        )}
      </div>
    </>
  )
}
