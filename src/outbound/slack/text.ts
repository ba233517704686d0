/** Characters of a header and of a section's text, and fields of a section, as Slack's Block Kit reference has them. */
export const SLACK_LIMITS = { header: 150, section: 3_000, fields: 10 } as const

const ELLIPSIS = '…'
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** `& < >` as Slack wants them, so that a value can neither mention anybody nor make a link. */
export function escapeSlack(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => ESCAPES[character] ?? character)
}

/**
 * The text, encoded, in at most `max` UTF-16 units, the last of them an ellipsis if something is left out. Neither an
 * emoji nor an encoded character is cut in half; half surrogates and control characters that JSON may carry are replaced.
 */
export function shortened(
  text: string,
  max: number,
  encode: (part: string) => string = escapeSlack,
): string {
  const whole = text.length <= max ? encode(clean(text)) : undefined
  if (whole !== undefined && whole.length <= max) return whole
  const end = encode(ELLIPSIS)
  if (end.length > max) return ''
  let made = ''
  for (const { segment, index } of graphemes.segment(text.slice(0, max))) {
    // The last character of the slice may be a part of one.
    if (index + segment.length >= max) break
    const next = encode(clean(segment))
    if (made.length + next.length + end.length > max) break
    made += next
  }
  return made + end
}

function clean(text: string): string {
  return text
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/(?![\n\t])\p{Control}/gu, ' ')
}
