import type { ReactNode } from 'react'

type Text = { type: string; text: string }
type Block = { type?: string; text?: Text; fields?: Text[]; elements?: Text[] }

/** The blocks of a message, close to how Slack draws them. */
export function SlackBlocks({ text, blocks }: { text: string; blocks: Record<string, unknown>[] }) {
  return (
    <div className="slack stack stack-tight" aria-label={text}>
      <strong>herald</strong>
      {(blocks as Block[]).map((block, index) => (
        <SlackBlock key={index} block={block} />
      ))}
    </div>
  )
}

function SlackBlock({ block: { type, text, fields, elements } }: { block: Block }) {
  if (type === 'divider')
    return <hr style={{ width: '100%', border: 0, borderTop: '1px solid var(--line)' }} />
  if (type === 'header') return <strong style={{ fontSize: 16 }}>{text?.text}</strong>
  if (type === 'context')
    return (
      <div className="muted" style={{ fontSize: 12 }}>
        {elements?.map((element, index) => (
          <span key={index}>{mrkdwn(element.text)} </span>
        ))}
      </div>
    )
  return (
    <div>
      {text && <div style={{ whiteSpace: 'pre-wrap' }}>{mrkdwn(text.text)}</div>}
      {fields && (
        <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 8 }}>
          {fields.map((field, index) => (
            <div key={index} style={{ whiteSpace: 'pre-wrap' }}>
              {mrkdwn(field.text)}
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

// a mark within a word is a letter: customer_tag_add
const MARKED = /((?<!\w)\*[^*\n]+\*(?!\w)|(?<!\w)_[^_\n]+_(?!\w)|`[^`\n]+`|<[^>\n]+>)/

/** `*bold*`, `_italic_`, `` `code` `` and `<url|text>`; nothing else is drawn, and no link leads away. */
function mrkdwn(text: string): ReactNode[] {
  const parts = text.split(MARKED)
  return parts.map((part, index) => {
    const inner = part.slice(1, -1)
    if (/^\*.+\*$/.test(part)) return <strong key={index}>{plain(inner)}</strong>
    if (/^_.+_$/.test(part)) return <em key={index}>{plain(inner)}</em>
    if (/^`.+`$/.test(part)) return <code key={index}>{plain(inner)}</code>
    if (/^<.+>$/.test(part)) return <u key={index}>{plain(inner.split('|').at(-1) ?? inner)}</u>
    return plain(part)
  })
}

/** Slack's three escapes. */
function plain(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
