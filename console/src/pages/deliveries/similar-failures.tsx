import { Link } from 'wouter'
import { useAnswer } from '../../api/queries.ts'
import type { Delivery, Problem } from '../../api/types.ts'
import { plural } from '../../format/number.ts'

/** How many others failed alike, where there are any. */
export function SimilarFailures({ delivery }: { delivery: Delivery }) {
  const { webhook, state, lastAttempt } = delivery
  const hasFailed = state === 'failed' || state === 'retrying'
  const { data } = useAnswer<{ data: Problem[] }>('/v1/problems', {
    query: { webhook, since: '7d' },
    enabled: hasFailed,
  })
  const problem = data?.data.find(({ code }) => code === lastAttempt?.code)
  const others = problem ? problem.failed + problem.retrying - 1 : 0
  if (!hasFailed || !problem || others < 1) return null
  return (
    <div>
      <Link href={`/deliveries?webhook=${webhook}&code=${problem.code}`}>
        {plural(others, 'other delivery', 'other deliveries')}
      </Link>{' '}
      of this webhook failed alike.
    </div>
  )
}
