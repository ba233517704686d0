const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text that is HTML already; only `html` makes it. */
export type Html = { readonly markup: string }
type Part = string | number | Html | readonly Html[]

/** HTML from a template: what is put into it is escaped, unless it is HTML of this function. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  const markup = texts.map((text, index) => text + markupOf(parts[index] ?? '')).join('')
  return { markup }
}

/** Pieces with this text between them. */
export function joined(pieces: readonly Html[], between: string): Html {
  return html`${pieces.map((piece, index) => (index === 0 ? piece : html`${between}${piece}`))}`
}

/** A sentence in which `…` is code. */
export function prose(text: string): Html {
  const pieces = text.split('`')
  return html`${pieces.map((piece, index) => (index % 2 ? html`<code>${piece}</code>` : html`${piece}`))}`
}

function markupOf(part: Part): string {
  if (typeof part === 'object') return 'markup' in part ? part.markup : part.map(markupOf).join('')
  return String(part).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}
