import type { Delivery } from '../api/types.ts'
import { spanText } from '../format/time.ts'
import { TimeText } from './time-text.tsx'

type Stages = Delivery['stages']

/** Trigger, prepare, transmit, response: when each was reached, and how long after the one before. */
export function StagesLine({ stages, attempts }: { stages: Stages; attempts?: number }) {
  const reached = [
    { name: 'Trigger', at: stages.trigger.at, note: 'the event was accepted' },
    { name: 'Prepare', at: stages.prepare.at, note: 'matched, body built' },
    {
      name: 'Transmit',
      at: stages.transmit.at,
      note: attempts && attempts > 1 ? `first of ${attempts} attempts` : 'the request left',
    },
    {
      name: 'Response',
      at: stages.response.at,
      note: stages.response.status ? `answered ${stages.response.status}` : 'nothing came back',
    },
  ]
  return (
    <ol className="stages" aria-label="Stages">
      {reached.map(({ name, at, note }, index) => (
        <li key={name} className={at ? 'reached' : ''}>
          <div>
            <strong>{name}</strong>{' '}
            {at ? (
              <After at={at} before={reached[index - 1]?.at} />
            ) : (
              <span className="muted">not yet</span>
            )}
          </div>
          {at && <div className="muted">{note}</div>}
        </li>
      ))}
    </ol>
  )
}

function After({ at, before }: { at: string; before: string | null | undefined }) {
  if (!before) return <TimeText at={at} exact />
  return (
    <span className="numbers">+{spanText(Math.max(Date.parse(at) - Date.parse(before), 0))}</span>
  )
}
