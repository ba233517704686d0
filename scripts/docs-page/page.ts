import { fieldList, fieldRow, type Schema, typeOf } from './schema.ts'
import { type Html, html, joined, prose } from './html.ts'

type Schemas = Record<string, Schema>
type Content = Record<string, { schema: Schema; example?: unknown }>
type Parameter = { name: string; in: string; required?: boolean; schema: Schema }
type Operation = {
  summary: string
  description?: string
  tags: string[]
  security?: unknown[]
  parameters?: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { description: string; headers?: object; content?: Content }>
}

/** What the page needs of an OpenAPI 3.1 document. */
export type ReferenceDocument = {
  info: { title: string; version: string; description: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Schemas }
}

type Placed = { id: string; method: string; path: string; operation: Operation }

/** The API reference: every operation by tag and every named schema, without scripts. Its examples are for the address that herald has at first. */
export function referencePage(document: ReferenceDocument): string {
  const { info, components } = document
  const tags = byTag(document)
  const schemas = Object.entries(components.schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const body = html`<nav aria-label="Operations">
      ${[...tags].map(navGroup)} <a class="group" href="#schemas">Schemas</a>
    </nav>
    <main>
      <h1>${info.title} API</h1>
      <p class="lead">${info.description}</p>
      <p>
        Send the API key as <code>Authorization: Bearer hk_…</code>. The
        <a href="v1/openapi.json">OpenAPI document</a> says the same for programs;
        <a href="docs/errors">errors</a> have codes. The examples take the rest from the shell:
      </p>
      <pre class="shell"><code>export HERALD_URL=http://127.0.0.1:8080
export HERALD_KEY=hk_…</code></pre>
      ${[...tags].map((one) => tagSection(one, components.schemas))}
      <section>
        <h2 id="schemas">Schemas</h2>
        ${schemas.map(schemaSection)}
      </section>
    </main>`
  return page({ title: `${info.title} API`, style: 'docs/style.css', body })
}

/** The codes of problems, each where the `type` of a problem leads. */
export function errorsPage(problems: Record<string, readonly [number, string]>): string {
  const rows = Object.entries(problems).map(
    ([code, [status, title]]) =>
      html`<tr id="${code}">
        <td>${status}</td>
        <td><code>${code}</code></td>
        <td>${title}</td>
      </tr>`,
  )
  const body = html`<main>
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
    <p><a href="../docs">API reference</a></p>
  </main>`
  return page({ title: 'herald errors', style: 'style.css', body })
}

function page({ title, style, body }: { title: string; style: string; body: Html }): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href="${style}" />
      </head>
      <body>
        ${body}
      </body>
    </html> `.markup
}

function byTag({ paths }: ReferenceDocument): Map<string, Placed[]> {
  const tags = new Map<string, Placed[]>()
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      const id = slug(`${method} ${path}`)
      const tag = operation.tags[0] ?? ''
      tags.set(tag, [...(tags.get(tag) ?? []), { id, method, path, operation }])
    }
  return tags
}

function slug(text: string): string {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? ['root']
  return words.join('-')
}

function navGroup([tag, placed]: [string, Placed[]]): Html {
  const links = placed.map(
    ({ id, method, path }) => html`<a href="#${id}">${badge(method)} ${path}</a>`,
  )
  return html`<a class="group" href="#tag-${slug(tag)}">${tag}</a>
    <div class="links">${links}</div>`
}

function tagSection([tag, placed]: [string, Placed[]], schemas: Schemas): Html {
  return html`<section>
    <h2 id="tag-${slug(tag)}">${tag}</h2>
    ${placed.map((one) => operationSection(one, schemas))}
  </section>`
}

function operationSection(placed: Placed, schemas: Schemas): Html {
  const { id, method, path, operation } = placed
  const need = operation.description ?? ''
  return html`<article id="${id}">
    <h3>
      ${badge(method)} <code>${path}</code>
      <a class="anchor" href="#${id}" aria-label="Link to this">#</a>
    </h3>
    <p>${prose(operation.summary)}. <span class="role">${need}</span></p>
    <div class="columns">
      <div>${parametersOf(operation)}${bodyOf(operation, schemas)}${answersOf(operation)}</div>
      <pre class="shell" aria-label="Example" tabindex="0"><code>${curlOf(placed)}</code></pre>
    </div>
  </article>`
}

function parametersOf({ parameters = [] }: Operation): Html {
  if (parameters.length === 0) return html``
  const rows = parameters.map((one) =>
    fieldRow(one.name, one.schema, { where: one.in, isRequired: one.required }),
  )
  return html`<h4>Parameters</h4>
    <dl class="fields">${rows}</dl>`
}

/** The fields of a named schema are shown here too: a body is what one comes for. */
function bodyOf({ requestBody }: Operation, schemas: Schemas): Html {
  const bodies = Object.entries(requestBody?.content ?? {})
  return html`${bodies.map(
    ([type, { schema }]) =>
      html`<h4>Body <code>${type}</code> ${shape(schema)}</h4>
        ${fieldList(schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema)}`,
  )}`
}

function answersOf({ responses }: Operation): Html {
  const isProblem = ([, { content }]: [string, { content?: Content }]) =>
    content !== undefined && 'application/problem+json' in content
  const all = Object.entries(responses)
  const answers = all.filter((one) => !isProblem(one))
  const problems = all.filter(isProblem).map(([status, { description }]) => {
    return html`<span title="${description}">${status}</span>`
  })
  return html`<h4>Answers</h4>
    ${answers.map(answerOf)}
    <p class="problems">Problems: ${joined(problems, ' ')} · <a href="docs/errors">codes</a></p>`
}

function answerOf([status, answer]: [string, Operation['responses'][string]]): Html {
  const schemas = Object.values(answer.content ?? {}).map(({ schema }) => schema)
  const headers = Object.keys(answer.headers ?? {}).map((name) => html`<code>${name}</code>`)
  return html`<p class="answer">
      <span class="status">${status}</span> ${prose(answer.description)}
      ${schemas.map(shape)}${headers.length === 0 ? html`` : html` · headers ${joined(headers, ', ')}`}
    </p>
    ${schemas.map(fieldList)}`
}

/** What a body is as a whole, where its fields do not say it. */
function shape(schema: Schema): Html {
  const isPlain = schema.type === 'object' && schema.properties !== undefined
  return isPlain ? html`` : html`<span class="type">${typeOf(schema)}</span>`
}

function schemaSection([name, schema]: [string, Schema]): Html {
  return html`<article id="schema-${name}">
    <h3>
      <code>${name}</code> <a class="anchor" href="#schema-${name}" aria-label="Link to this">#</a>
    </h3>
    <p>${prose(schema.description ?? '')} ${shape(schema)}</p>
    ${fieldList(schema)}
  </article>`
}

function badge(method: string): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`
}

/** A command for a POSIX shell; ids are its variables, named for what they are of. */
function curlOf({ method, path, operation }: Placed): string {
  const json = operation.requestBody?.content['application/json']
  const lines = [
    `curl -sS "$HERALD_URL${variables(path)}"`,
    ...(method === 'get' ? [] : [`-X ${method.toUpperCase()}`]),
    ...(operation.security?.length ? ['-H "Authorization: Bearer $HERALD_KEY"'] : []),
    ...(operation.parameters?.some(({ name }) => name === 'If-Match')
      ? [`-H "If-Match: $ETAG"`]
      : []),
    ...(json ? [`-H 'Content-Type: application/json'`, `-d ${quoted(json.example ?? {})}`] : []),
  ]
  return lines.join(' \\\n  ')
}

/** `/v1/webhooks/{id}` → `/v1/webhooks/$WEBHOOK_ID`. */
function variables(path: string): string {
  return path.replaceAll(/([\w-]+)\/\{(\w+)\}/g, (_all, of: string, name: string) => {
    const single = of.replace(/ies$/, 'y').replace(/s$/, '').replaceAll('-', '_')
    return `${of}/$${`${single}_${name}`.toUpperCase()}`
  })
}

function quoted(value: unknown): string {
  return `'${JSON.stringify(value, null, 2).replaceAll("'", String.raw`'\''`)}'`
}
