import { readFile } from 'node:fs/promises'
import { Marked, type Tokens } from 'marked'
import { slug } from './document.ts'
import { framed, type Navigation } from './frame.ts'
import { html } from './html.ts'

const FOLDER = new URL('../../docs/', import.meta.url)
/** Files of docs/, in the order in which one comes to need them. */
const NAMES = [
  'event-flow',
  'event-types',
  'filters',
  'slack',
  'cloudevents',
  'console',
  'replay',
  'rate-limit',
  'secrets',
  'roles',
  'seeds',
  'operate',
  'outbound',
  'operator-events',
  'architecture',
  'glossary',
]

type Heading = { id: string; text: string }
export type Guide = { name: string; title: string; markup: string; headings: Heading[] }

/** The guides of docs/, or the text in `made` of one that is made in the same run. What they link to outside of the guides is text here: it is not served. */
export function readGuides(made: Record<string, string>): Promise<Guide[]> {
  return Promise.all(
    NAMES.map(async (name) => {
      const text = made[name] ?? (await readFile(new URL(`${name}.md`, FOLDER), 'utf8'))
      const headings: Heading[] = []
      const markup = renderer(headings).parse(text, { async: false })
      return { name, title: headings[0]?.text ?? name, markup, headings: headings.slice(1) }
    }),
  )
}

/** A page of its own for a guide. */
export function guidePage({ title, markup }: Guide, navigation: Navigation): string {
  const body = html`<main class="narrow guide">${{ markup }}</main>`
  return framed({ title: `${title} · herald`, root: '../', navigation, body })
}

function renderer(headings: Heading[]): Marked {
  return new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const inner = this.parser.parseInline(tokens)
        const text = this.parser.parseInline(tokens, this.parser.textRenderer)
        const id = uniqueId(slug(text), headings)
        headings.push({ id, text: plain(text) })
        return `<h${depth} id="${id}">${inner}</h${depth}>\n`
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens)
        const address = addressOf(href)
        return address === undefined ? inner : `<a href="${escaped(address)}">${inner}</a>`
      },
      code: ({ text }) => html`<pre class="shell" tabindex="0"><code>${text}</code></pre>`.markup,
      table(token: Tokens.Table) {
        const row = (cells: Tokens.TableCell[], tag: string) =>
          `<tr>${cells.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`
        const rows = token.rows.map((cells) => row(cells, 'td')).join('')
        return `<div class="table"><table><thead>${row(token.header, 'th')}</thead><tbody>${rows}</tbody></table></div>\n`
      },
      image: ({ text }) => escaped(text),
      html: () => '',
    },
  })
}

/** From the page of a guide; undefined where it leads to what is not served. */
function addressOf(href: string): string | undefined {
  if (/^(https:|#)/.test(href)) return href
  const [, name = '', anchor = ''] = /^([\w-]+)\.md(#.*)?$/.exec(href) ?? []
  return NAMES.includes(name) ? `${name}${anchor}` : undefined
}

function uniqueId(wanted: string, taken: Heading[]): string {
  const again = taken.filter(({ id }) => id === wanted || id.startsWith(`${wanted}--`)).length
  return again === 0 ? wanted : `${wanted}--${again}`
}

function escaped(text: string): string {
  return html`${text}`.markup
}

function plain(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
