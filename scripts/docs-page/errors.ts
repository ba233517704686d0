import { ATTEMPT_CODES, type CodeWords, ENDING_CODES } from '../../src/delivery/failure-codes.ts'
import { PROBLEMS, type ProblemCode } from '../../src/api/http/errors.ts'
import { helpAnchor } from '../../src/api/http/links.ts'
import { framed, type Navigation } from './frame.ts'
import { html, prose } from './html.ts'
import { PROBLEM_HELP } from './problem-help.ts'

/** A code with its place on the page, where the `type` of a problem leads. */
type Code = { code: string; anchor: string; title: string; words: CodeWords }

/** Every code that herald answers with or stores, by the three lists of the page. */
export const CODES = {
  problems: Object.entries(PROBLEMS).map(([code, [status, title]]) =>
    ofProblem(code as ProblemCode, `${status} ${title}`),
  ),
  attempts: Object.entries(ATTEMPT_CODES).map(stored),
  endings: Object.entries(ENDING_CODES).map(stored),
} satisfies Record<string, Code[]>

/** What each code means, what to do about it, and how it reads. */
export function errorsPage(navigation: Navigation): string {
  const body = html`<main class="narrow">
    <h1>Errors</h1>
    <p class="lead">
      Codes never change: branch on them. Each has its place here with why it happens, what to do,
      and how it reads.
    </p>
    <h2 id="problems">Answers of the API</h2>
    <p>
      Every error is <code>application/problem+json</code> (RFC 9457): its <code>type</code> leads
      here, <code>detail</code> says what is wrong, <code>errors</code> where,
      <code>requestId</code> finds it in the log.
    </p>
    ${CODES.problems.map(section)}
    <h2 id="attempts">Attempts that failed</h2>
    <p>
      The <code>code</code> of an attempt, of a problem of a webhook, and of a delivery whose
      schedule ended with it.
    </p>
    ${CODES.attempts.map(section)}
    <h2 id="endings">Deliveries that ended otherwise</h2>
    <p>
      The <code>reason.code</code> of a delivery that failed, was cancelled or was skipped for
      another reason than its last attempt.
    </p>
    ${CODES.endings.map(section)}
  </main>`
  return framed({ title: 'herald errors', root: '', navigation, body })
}

function section({ code, anchor, title, words }: Code) {
  return html`<section id="${anchor}">
    <h3><code>${code}</code> ${title}</h3>
    <p>${prose(words.happened)}</p>
    <p><strong>What to do:</strong> ${prose(words.todo)}</p>
    <p class="soft">For example: <code>${words.example}</code></p>
  </section>`
}

function ofProblem(code: ProblemCode, title: string): Code {
  const [happened, todo, example] = PROBLEM_HELP[code]
  return { code, anchor: code, title, words: { happened, todo, example } }
}

function stored([code, words]: [string, CodeWords]): Code {
  return { code, anchor: helpAnchor(code), title: '', words }
}
