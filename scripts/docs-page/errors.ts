import { framed, type Navigation } from './frame.ts'
import { html } from './html.ts'

/** Status and title by code. */
export type Problems = Record<string, readonly [number, string]>

/** The codes of problems, each where the `type` of a problem leads. */
export function errorsPage(problems: Problems, navigation: Navigation): string {
  const rows = Object.entries(problems).map(
    ([code, [status, title]]) =>
      html`<tr id="${code}">
        <td>${status}</td>
        <td><code>${code}</code></td>
        <td>${title}</td>
      </tr>`,
  )
  const body = html`<main class="narrow">
    <h1>Errors</h1>
    <p class="lead">
      Every error is <code>application/problem+json</code> (RFC 9457): branch on its
      <code>code</code>, which never changes. <code>detail</code> says what to do,
      <code>errors</code> where, <code>requestId</code> finds it in the log.
    </p>
    <table>
      <thead>
        <tr>
          <th>Status</th>
          <th>Code</th>
          <th>Title</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </main>`
  return framed({ title: 'herald errors', root: '', navigation, body })
}
