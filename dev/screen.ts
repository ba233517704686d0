import pc from 'picocolors'

/** What a start says: text for people, or NDJSON where a program reads. */
export type Screen = {
  /** A step that is done. */
  done: (step: string, detail?: Record<string, unknown>) => void
  /** Something that went wrong or needs a look. */
  warn: (text: string) => void
  fail: (text: string) => void
  /** One line as it is. */
  line: (text: string) => void
  /** Something with fields of its own; `text` is how people see it. */
  event: (name: string, fields: Record<string, unknown>, text: string) => void
}

/** Writes through `write`, which is given whole lines. */
export function createScreen(json: boolean, write: (text: string) => void): Screen {
  const event: Screen['event'] = (name, fields, text) =>
    write(json ? `${JSON.stringify({ kind: name, ...fields })}\n` : `${text}\n`)
  return {
    event,
    done: (step, detail = {}) => event('step', { step, ...detail }, `${pc.green('✔')} ${step}`),
    warn: (text) => event('warning', { text }, `${pc.yellow('!')} ${text}`),
    fail: (text) => event('failure', { text }, `${pc.red('✘')} ${text}`),
    line: (text) => event('line', { text }, text),
  }
}
