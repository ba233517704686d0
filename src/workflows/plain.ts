/** A name that somebody chose must not break a table of Temporal Web. */
export function plain(text: string): string {
  return text.replace(/[|`\n\r<>]/g, ' ')
}
