import type { Group } from './document.ts'
import { type Html, html } from './html.ts'
import { badge } from './operation.ts'

/** What every page leads to. */
export type Navigation = { guides: { name: string; title: string }[]; groups: Group[] }

type Page = {
  title: string
  /** From this page to the folder of the others. */
  root: string
  navigation: Navigation
  body: Html
}

/** A whole page; the one script is a file beside it, and what it does can be done without. */
export function framed({ title, root, navigation, body }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href="${root}style.css" />
        <script src="${root}page.js" defer></script>
      </head>
      <body>
        ${navigationOf(navigation, root)}${body}
      </body>
    </html> `.markup
}

function navigationOf({ guides, groups }: Navigation, root: string): Html {
  const reference = root === 'docs/' ? '' : `${root}../docs`
  return html`<nav aria-label="Documentation">
    <a class="home" href="${reference || '#top'}">herald</a>
    <a class="group" href="${reference}#guides">Guides</a>
    <div class="links">
      ${guides.map(({ name, title }) => html`<a href="${root}guides/${name}">${title}</a>`)}
    </div>
    ${groups.map(
      ({ id, name, placed }) =>
        html`<a class="group" href="${reference}#${id}">${name}</a>
          <div class="links">
            ${placed.map(
              (one) => html`<a href="${reference}#${one.id}">${badge(one.method)} ${one.path}</a>`,
            )}
          </div>`,
    )}
    <a class="group" href="${reference}#receivers">Receivers</a>
    <a class="group" href="${reference}#schemas">Schemas</a>
    <a class="group" href="${root}errors">Errors</a>
  </nav>`
}
