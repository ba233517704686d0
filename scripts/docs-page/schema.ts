import { type Html, html, joined, prose } from './html.ts'

/** What of JSON Schema the OpenAPI document uses. */
export type Schema = {
  $ref?: string
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: boolean | Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  enum?: unknown[]
  default?: unknown
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

/** The fields of a value, those of inner objects with their path; a named schema is a link to its own place. */
export function fieldList(schema: Schema): Html {
  const rows = rowsOf(schema, '')
  return rows.length === 0 ? html`` : html`<dl class="fields">${rows}</dl>`
}

/** One field or parameter: name, type, whether it must be there, and what it means. */
export function fieldRow(
  name: string,
  schema: Schema,
  { isRequired = false, where = '' }: { isRequired?: boolean | undefined; where?: string },
): Html {
  const limits = limitsOf(schema)
  const { description } = schema
  return html`<dt>
      <code class="name">${name}</code>
      <span class="type">${where} ${typeOf(schema)}</span>
      ${isRequired ? html`<span class="need">required</span>` : html``}
    </dt>
    ${description === undefined ? html`` : html`<dd>${prose(description)}</dd>`}
    ${limits.length === 0 ? html`` : html`<dd class="limits">${joined(limits, ' · ')}</dd>`}`
}

/** The type in words, with links to named schemas. */
export function typeOf(schema: Schema): Html {
  if (schema.$ref !== undefined) return linkTo(schema.$ref)
  const options = schema.oneOf ?? schema.anyOf
  if (options) return joined(unique(options.map(typeOf)), ' or ')
  if (schema.enum) return joined(schema.enum.map(codeOf), ' | ')
  if (schema.items) return html`array of ${typeOf(schema.items)}`
  if (schema.type === undefined) return html`any JSON`
  const format = schema.format === undefined ? '' : ` (${schema.format})`
  return html`${[schema.type].flat().join(' or ')}${format}`
}

function rowsOf(schema: Schema, prefix: string): Html[] {
  const options = schema.oneOf ?? schema.anyOf
  if (options && options.length > 1)
    return options.flatMap((option) => variantRows(option, options.indexOf(option) + 1, prefix))
  if (schema.items) return rowsOf(schema.items, `${prefix}[]`)
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const isRequired = schema.required?.includes(name)
    return [fieldRow(path, field, { isRequired }), ...rowsOf(field, path)]
  })
  const others = schema.additionalProperties
  if (typeof others !== 'object' || Object.keys(others).length === 0) return fields
  const path = `${prefix}${prefix === '' ? '' : '.'}*`
  return [...fields, fieldRow(path, others, {}), ...rowsOf(others, path)]
}

/** Of one of several forms; a form that is told by a fixed value is named by that. */
function variantRows(option: Schema, number: number, prefix: string): Html[] {
  const rows = rowsOf(option, prefix)
  if (rows.length === 0) return []
  const [mark] = Object.entries(option.properties ?? {}).filter(([, one]) => one.enum?.length === 1)
  const form = mark ? html`${mark[0]} is ${codeOf(mark[1].enum?.[0])}` : html`form ${number}`
  const where = prefix === '' ? html`` : html`<code>${prefix}</code>, `
  const type = option.type === 'object' ? html`` : html`: ${typeOf(option)}`
  return [html`<dt class="form">${where}${form}${type}</dt>`, ...rows]
}

function limitsOf(schema: Schema): Html[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern } = schema
  const ranges = [
    range(minimum, maximum, ''),
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' items'),
  ]
  return [
    ...ranges.flatMap((text) => (text === undefined ? [] : [html`${text}`])),
    ...(pattern === undefined ? [] : [html`<code>${pattern}</code>`]),
    ...(schema.default === undefined ? [] : [html`default ${codeOf(schema.default)}`]),
  ]
}

function range(least: number | undefined, most: number | undefined, unit: string) {
  if (least === undefined && most === undefined) return undefined
  if (most === undefined && least === 1 && unit !== '') return 'not empty'
  if (most === undefined) return `at least ${least}${unit}`
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`
}

function codeOf(value: unknown): Html {
  return html`<code>${typeof value === 'string' ? value : JSON.stringify(value)}</code>`
}

function linkTo(ref: string): Html {
  const name = ref.split('/').at(-1) ?? ''
  return html`<a href="#schema-${name}">${name}</a>`
}

function unique(pieces: Html[]): Html[] {
  return [...new Map(pieces.map((piece) => [piece.markup, piece])).values()]
}
