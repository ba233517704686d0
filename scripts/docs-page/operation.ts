import { curlOf } from './curl.ts'
import type { Content, Operation, Placed, Schemas } from './document.ts'
import { exampleOf } from './example.ts'
import { fieldList, fieldRow, type Schema, typeOf } from './schema.ts'
import { type Html, html, joined, prose } from './html.ts'

/** All about one operation, with a command and an answer to look at. */
export function operationSection(placed: Placed, schemas: Schemas): Html {
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
      <div class="examples">
        <pre class="shell" aria-label="Example" tabindex="0"><code>${curlOf(placed)}</code></pre>
        ${answerExample(operation, schemas)}
      </div>
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

/** The first answer that has a JSON body. */
function answerExample({ responses }: Operation, schemas: Schemas): Html {
  const shown = Object.entries(responses).find(([, { content }]) => content?.['application/json'])
  const schema = shown?.[1].content?.['application/json']?.schema
  if (!shown || !schema) return html``
  const text = JSON.stringify(exampleOf(schema, schemas), null, 2)
  return html`<pre
    class="shell answer-example"
    aria-label="Answer ${shown[0]}"
    tabindex="0"
  ><code>${text}</code></pre>`
}

/** What a body is as a whole, where its fields do not say it. */
export function shape(schema: Schema): Html {
  const isPlain = schema.type === 'object' && schema.properties !== undefined
  return isPlain ? html`` : html`<span class="type">${typeOf(schema)}</span>`
}

/** The method, in its colour. */
export function badge(method: string): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`
}
