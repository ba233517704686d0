type Json = Record<string, unknown>

/** What Slack's documentation allows; the sum of a message's blocks is its undocumented `msg_blocks_too_long`. */
const MOST = { blocks: 50, header: 150, section: 3_000, field: 2_000, fields: 10, elements: 10 }
const MOST_TEXT = 4_000
const MOST_ALL_BLOCKS = 13_000

/** Everything that Slack would refuse in the JSON body of an incoming webhook; empty for a good one. */
export function slackFaults(body: string): string[] {
  const message = JSON.parse(body) as Json
  const { text, blocks, ...rest } = message
  if (!Array.isArray(blocks)) return ['blocks are missing']
  return [
    ...Object.keys(rest).map((name) => `unknown field ${name}`),
    ...textFaults('text', text, MOST_TEXT),
    ...(blocks.length < 1 || blocks.length > MOST.blocks ? [`${blocks.length} blocks`] : []),
    ...(JSON.stringify(blocks).length > MOST_ALL_BLOCKS ? ['all blocks are too long'] : []),
    ...(blocks as Json[]).flatMap((block, n) => blockFaults(`blocks/${n}`, block)),
  ]
}

function blockFaults(at: string, block: Json): string[] {
  if (block['type'] === 'header')
    return [...unknown(at, block, ['type', 'text']), ...object(at, block['text'], MOST.header)]
  if (block['type'] === 'context') {
    const elements = block['elements'] as Json[]
    return [
      ...unknown(at, block, ['type', 'elements']),
      ...counted(`${at}/elements`, elements, MOST.elements),
      ...elements.flatMap((one, n) => object(`${at}/elements/${n}`, one, MOST.section)),
    ]
  }
  if (block['type'] !== 'section') return [`${at} is a ${String(block['type'])}`]
  const fields = block['fields'] as Json[] | undefined
  return [
    ...unknown(at, block, ['type', 'text', 'fields']),
    ...(block['text'] === undefined && !fields ? [`${at} has neither text nor fields`] : []),
    ...(block['text'] === undefined ? [] : object(`${at}/text`, block['text'], MOST.section)),
    ...(fields ? counted(`${at}/fields`, fields, MOST.fields) : []),
    ...(fields ?? []).flatMap((one, n) => object(`${at}/fields/${n}`, one, MOST.field)),
  ]
}

/** A text object: https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
function object(at: string, value: unknown, most: number): string[] {
  const { type, text, verbatim } = value as Json
  const isHeader = most === MOST.header
  return [
    ...(type === (isHeader ? 'plain_text' : 'mrkdwn') ? [] : [`${at} is ${String(type)}`]),
    ...(isHeader || verbatim === true ? [] : [`${at} is not verbatim`]),
    ...unknown(at, value as Json, ['type', 'text', 'verbatim']),
    ...textFaults(at, text, most),
  ]
}

function textFaults(at: string, text: unknown, most: number): string[] {
  if (typeof text !== 'string') return [`${at} is no text`]
  const markup = [...text.matchAll(/<([^<>]*)>/g)].map(([, inner = '']) => inner)
  const rest = text.replaceAll(/<[^<>]*>/g, '').replaceAll(/&(amp|lt|gt);/g, '')
  return [
    ...(text.trim() === '' ? [`${at} is empty`] : []),
    ...(text.length > most ? [`${at} has ${text.length} characters`] : []),
    ...(/\p{Surrogate}/u.test(text) ? [`${at} has half a character`] : []),
    ...(/(?![\n\t])\p{Control}/u.test(text) ? [`${at} has a control character`] : []),
    ...(/[&<>]/.test(rest) ? [`${at} has & < or > that is not escaped`] : []),
    ...markup
      .filter((inner) => !/^(!date\^\d+\^[^|]+\|[^|]+|https?:\/\/[^|\s]+\|[^|]+)$/.test(inner))
      .map((inner) => `${at} has the markup <${inner}>`),
  ]
}

function counted(at: string, list: unknown[], most: number): string[] {
  return list.length < 1 || list.length > most ? [`${at} has ${list.length}`] : []
}

function unknown(at: string, value: Json, known: string[]): string[] {
  const others = Object.keys(value).filter((name) => !known.includes(name))
  return others.map((name) => `${at} has the unknown field ${name}`)
}
