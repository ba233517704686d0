import { type Group, type ReferenceDocument, type Schemas, slug } from './document.ts'
import { framed, type Navigation } from './frame.ts'
import { fieldList, fieldRow, type Schema } from './schema.ts'
import { type Html, html, prose } from './html.ts'
import { operationSection, shape } from './operation.ts'

/** The API reference: the guides, every operation by tag, what receivers get, every named schema. Its examples are for the address that herald has at first. */
export function referencePage(document: ReferenceDocument, navigation: Navigation): string {
  const { info, components } = document
  const schemas = Object.entries(components.schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const body = html`<main id="top">
    <h1>${info.title} API</h1>
    <p class="lead">${info.description} Version ${info.version}.</p>
    <p>
      Send the API key as <code>Authorization: Bearer hk_…</code>. The
      <a href="v1/openapi.json">OpenAPI document</a> says the same for programs and generates
      clients; <a href="docs/errors">errors</a> have codes. The examples take the rest from the
      shell:
    </p>
    <pre class="shell"><code>export HERALD_URL=http://127.0.0.1:8080
export HERALD_KEY=hk_…</code></pre>
    <section>
      <h2 id="guides">Guides</h2>
      <ul class="guides">
        ${navigation.guides.map(
          ({ name, title }) => html`<li><a href="docs/guides/${name}">${title}</a></li>`,
        )}
      </ul>
    </section>
    ${navigation.groups.map((group) => groupSection(group, components.schemas))}
    ${receiversSection(document)}
    <section>
      <h2 id="schemas">Schemas</h2>
      ${schemas.map(schemaSection)}
    </section>
  </main>`
  return framed({ title: `${info.title} API`, root: 'docs/', navigation, body })
}

function groupSection({ id, name, description, placed }: Group, schemas: Schemas): Html {
  return html`<section>
    <h2 id="${id}">${name}</h2>
    <p class="about">${description}</p>
    ${placed.map((one) => operationSection(one, schemas))}
  </section>`
}

/** What webhooks send, by format. */
function receiversSection({ webhooks = {} }: ReferenceDocument): Html {
  const formats = Object.entries(webhooks).flatMap(([format, methods]) =>
    Object.values(methods).map((operation) => {
      const rows = (operation.parameters ?? []).map((one) =>
        fieldRow(one.name, one.schema, { where: one.in, isRequired: one.required }),
      )
      const bodies = Object.entries(operation.requestBody?.content ?? {})
      const id = `receive-${slug(format)}`
      return html`<article id="${id}">
        <h3>
          <code>${format}</code> <a class="anchor" href="#${id}" aria-label="Link to this">#</a>
        </h3>
        <p>${prose(operation.description ?? '')}</p>
        ${bodies.map(
          ([type, { schema }]) => html`<h4>Body <code>${type}</code> ${shape(schema)}</h4>`,
        )}
        <details>
          <summary>Headers</summary>
          <dl class="fields">${rows}</dl>
        </details>
      </article>`
    }),
  )
  return html`<section>
    <h2 id="receivers">Receivers</h2>
    <p class="about">
      What a webhook sends, by its format. Any 2xx is success; 410 disables the webhook; all else is
      tried again.
    </p>
    ${formats}
  </section>`
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
