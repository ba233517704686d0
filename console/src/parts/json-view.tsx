import { useState } from 'react'
import { prettyJson } from '../format/json.ts'
import { bytesText } from '../format/number.ts'
import { CopyButton } from './copy-button.tsx'

const SHOWN_MAX = 20_000

/** A text of a request or an answer: JSON in lines if it is JSON, else as it is. */
export function TextView({ text, label }: { text: string; label: string }) {
  const [isWhole, setWhole] = useState(false)
  const pretty = prettyJson(text)
  const isCut = pretty.length > SHOWN_MAX && !isWhole
  return (
    <div className="stack stack-tight">
      <div className="row row-spread muted">
        <span>
          {label}, {bytesText(new TextEncoder().encode(text).length)}
        </span>
        <CopyButton text={text} what={label} label="Copy" />
      </div>
      <pre className="code" tabIndex={0} aria-label={label}>
        {isCut ? pretty.slice(0, SHOWN_MAX) : pretty}
      </pre>
      {isCut && (
        <button type="button" className="link-button" onClick={() => setWhole(true)}>
          Show all of it
        </button>
      )}
    </div>
  )
}
