import type { EventEnvelope } from '../../delivery/types.ts'
import { jsonReader, readable, readableJson } from '../../json/value.ts'
import { escapeSlack, SLACK_LIMITS, shortened } from './text.ts'

/** What stands for a value that the event does not have. */
const NOTHING = '–'
const VALUE_MAX = 1_000
const NAMES = ['type', 'subject', 'reference', 'id'] as const
const KNOWN = `${NAMES.join(', ')}, data.path.to.value`
const DATA_PATH = /^data(\.[^.{}\s]+)+$/

/** Where a placeholder stands: in plain text, in a link's address, or in markup that could mention somebody. */
type Place = 'text' | 'address' | 'markup'
type Piece = { literal: string; placeholder?: { name: string; place: Place } }

/** Why a template cannot be used; undefined if it can. Its own text is Slack's mrkdwn, `{{name}}` stands for a value. */
export function checkTemplate(template: string): string | undefined {
  if (readable(template) === undefined) return 'is empty'
  for (const { literal, placeholder } of piecesOf(template)) {
    if (/\{\{|\}\}/.test(literal)) return 'has “{{” or “}}” that is not part of a placeholder'
    if (!placeholder) continue
    const shown = `“{{${placeholder.name.slice(0, 64)}}}”`
    if (!isKnown(placeholder.name)) return `${shown} is not known; known: ${KNOWN}`
    if (placeholder.place === 'markup')
      return `${shown} stands within <…>, where only a link to https://, http:// or mailto: may have values`
  }
  return undefined
}

/**
 * The template with the event's values, at most 3,000 characters: values are shortened, the template's own text never.
 * Values are escaped, and percent-encoded in a link's address, so that none can mention anybody.
 */
export function renderTemplate(template: string, event: EventEnvelope): string {
  const pieces = piecesOf(template)
  const valueOf = valuesOf(event)
  let room = SLACK_LIMITS.section - pieces.reduce((sum, { literal }) => sum + literal.length, 0)
  return pieces
    .map(({ literal, placeholder }) => {
      if (!placeholder || placeholder.place === 'markup') return literal
      const encode = placeholder.place === 'text' ? escapeSlack : encodeURIComponent
      const text = valueOf(placeholder.name) ?? NOTHING
      const value = shortened(text, Math.max(Math.min(room, VALUE_MAX), 0), encode)
      room -= value.length
      return literal + value
    })
    .join('')
}

/** Whether the event has at least one of the values that the template names. */
export function hasValues(template: string, event: EventEnvelope): boolean {
  const valueOf = valuesOf(event)
  return piecesOf(template).some(
    ({ placeholder }) => placeholder && valueOf(placeholder.name) !== undefined,
  )
}

/** The template as literal texts, each with the placeholder behind it. */
function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  let literals = ''
  for (const match of template.matchAll(/\{\{([^{}]*)\}\}/g)) {
    const literal = template.slice(from, match.index)
    literals += literal
    const name = match[1]?.trim() ?? ''
    pieces.push({ literal, placeholder: { name, place: placeAfter(literals) } })
    from = match.index + match[0].length
  }
  return [...pieces, { literal: template.slice(from) }]
}

function placeAfter(literals: string): Place {
  const angle = literals.slice(literals.lastIndexOf('<'))
  if (!angle.startsWith('<') || angle.includes('>')) return 'text'
  if (!/^<(https?:\/\/|mailto:)/.test(angle)) return 'markup'
  return angle.includes('|') ? 'text' : 'address'
}

function isKnown(name: string): boolean {
  return NAMES.some((known) => known === name) || DATA_PATH.test(name)
}

/** The readable values of an event by a placeholder's name; each is read once, however often it is named. */
function valuesOf(event: EventEnvelope): (name: string) => string | undefined {
  const read = jsonReader(event.data)
  const values = new Map<string, string | undefined>()
  return (name) => {
    if (values.has(name)) return values.get(name)
    const own = NAMES.find((known) => known === name)
    const value = own ? readable(event[own]) : readableJson(read(name.split('.').slice(1)))
    values.set(name, value)
    return value
  }
}
