/** Whether a text is JSON. */
export function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Indented, if it is JSON; else as it is. */
export function prettyJson(text: string): string {
  return isJsonText(text) ? JSON.stringify(JSON.parse(text), null, 2) : text
}
