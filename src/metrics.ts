import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

const ATTEMPT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30]
const LATENESS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300]
const BLOCKED_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10]
const REQUEST_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10]

/** Of the default metrics: gauges that are named like counters, which promtool refuses. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`)

type HeraldName = `herald_${string}`
type Read<T> = T | undefined | Promise<T | undefined>
/** What prom-client's types leave out. */
type Described = { name: string; help: string; labelNames: string[] }
type Request = { route: string; method: string; status: number; durationMs: number }
type Attempt = {
  outcome: string
  code?: string | undefined
  totalMs: number | null
  /** How long after its due time it began; absent for first attempts. */
  latenessMs?: number | undefined
}

/**
 * What one process counts and measures, as Prometheus text. Labels take few values: never a tenant, a webhook or an id.
 * Every name is a public contract: append only.
 */
export class Metrics {
  private readonly registry = new Registry()
  private readonly registers = [this.registry]
  private readonly events = new Counter({
    name: 'herald_events_total',
    help: 'Events handed to ingest, by result: accepted, duplicate, conflict, refused.',
    labelNames: ['result'],
    registers: this.registers,
  })
  private readonly requests = new Histogram({
    name: 'herald_http_request_seconds',
    help: 'Requests to the API, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: REQUEST_SECONDS,
    registers: this.registers,
  })
  private readonly open = new Gauge({
    name: 'herald_http_requests_open',
    help: 'Requests to the API that have no answer yet.',
    registers: this.registers,
  })
  private readonly attempts = new Counter({
    name: 'herald_attempts_total',
    help: 'Attempts that ended, by outcome and code.',
    labelNames: ['outcome', 'code'],
    registers: this.registers,
  })
  private readonly attemptSeconds = new Histogram({
    name: 'herald_attempt_seconds',
    help: 'How long attempts took, from look-up to the end of the answer, by outcome.',
    labelNames: ['outcome'],
    buckets: ATTEMPT_SECONDS,
    registers: this.registers,
  })
  private readonly lateness = new Histogram({
    name: 'herald_retry_lateness_seconds',
    help: 'How long after its due time a further attempt began.',
    buckets: LATENESS_SECONDS,
    registers: this.registers,
  })
  private readonly deliveries = new Counter({
    name: 'herald_deliveries_total',
    help: 'Deliveries that an attempt brought into a state: delivered, retrying, failed.',
    labelNames: ['state'],
    registers: this.registers,
  })

  private readonly orphans = new Counter({
    name: 'herald_deliveries_adopted_total',
    help: 'Owed deliveries that nobody carried any more and that got a workflow; more than none is worth a look.',
    registers: this.registers,
  })

  private readonly blocked = new Histogram({
    name: 'herald_event_loop_blocked_seconds',
    help: 'Times for which the event loop stood still for more than 50 ms; above 200 ms the log says what ran.',
    buckets: BLOCKED_SECONDS,
    registers: this.registers,
  })

  constructor() {
    collectDefaultMetrics({ register: this.registry })
    for (const name of MISNAMED) this.registry.removeSingleMetric(name)
  }

  eventsHandled(result: 'accepted' | 'duplicate' | 'conflict' | 'refused', count = 1): void {
    this.events.inc({ result }, count)
  }

  /** Each is followed by one requestServed. */
  requestBegun(): void {
    this.open.inc()
  }

  requestServed({ route, method, status, durationMs }: Request): void {
    this.open.dec()
    this.requests.observe({ route, method, status: String(status) }, durationMs / 1_000)
  }

  attemptEnded({ outcome, code = '', totalMs, latenessMs }: Attempt): void {
    this.attempts.inc({ outcome, code })
    if (totalMs !== null) this.attemptSeconds.observe({ outcome }, totalMs / 1_000)
    if (latenessMs !== undefined) this.lateness.observe(Math.max(0, latenessMs) / 1_000)
  }

  deliveryReached(state: string): void {
    this.deliveries.inc({ state })
  }

  orphansAdopted(count: number): void {
    this.orphans.inc(count)
  }

  eventLoopBlocked(ms: number): void {
    this.blocked.observe(ms / 1_000)
  }

  /** A value that is read when somebody asks for it; there is no series while it is unknown. */
  gauge(name: HeraldName, help: string, read: () => Read<number>): void {
    this.asked({ name, help }, async (gauge) => {
      const value = await read()
      if (value === undefined) gauge.remove()
      else gauge.set(value)
    })
  }

  /** As `gauge`, with one series for each value of a label. */
  gauges(
    { name, label, help }: { name: HeraldName; label: string; help: string },
    read: () => Read<Readonly<Record<string, number>>>,
  ): void {
    this.asked({ name, help, labelNames: [label] }, async (gauge) => {
      const values = Object.entries((await read()) ?? {})
      gauge.reset()
      for (const [key, value] of values) gauge.set({ [label]: key }, value)
    })
  }

  /** Every metric of herald itself, for its documentation. */
  described(): { name: string; help: string; labels: string[] }[] {
    const all = this.registry.getMetricsAsArray() as unknown as Described[]
    return all
      .filter(({ name }) => name.startsWith('herald_'))
      .map(({ name, help, labelNames }) => ({ name, help, labels: labelNames }))
  }

  /** The Prometheus text of everything, and its content type. */
  async exposition(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() }
  }

  private asked(
    configuration: { name: HeraldName; help: string; labelNames?: string[] },
    collect: (gauge: Gauge) => Promise<void>,
  ): void {
    this.registry.registerMetric(
      new Gauge({
        ...configuration,
        registers: [],
        collect() {
          return collect(this)
        },
      }),
    )
  }
}
