import { Button } from '@mantine/core'
import { problemOf } from '../api/call.ts'

/** What went wrong, in the API's own words, and a way to try it again. */
export function ErrorNote({ error, again }: { error: unknown; again?: () => void }) {
  const { detail, requestId, errors } = problemOf(error)
  return (
    <div className="note note-bad stack stack-tight" role="alert">
      <div>{detail}</div>
      {errors.length > 0 && (
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          {errors.map((one) => (
            <li key={`${one.pointer} ${one.code}`}>
              <span className="mono">{one.pointer}</span> {one.detail}
            </li>
          ))}
        </ul>
      )}
      <div className="row">
        {again && (
          <Button size="compact-sm" variant="default" onClick={again}>
            Try again
          </Button>
        )}
        {requestId && <span className="muted">Request {requestId}</span>}
      </div>
    </div>
  )
}
