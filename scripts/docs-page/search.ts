import type { Navigation } from './frame.ts'
import type { Guide } from './guides.ts'
import { CODES } from './errors.ts'

type Entry = {
  /** From the folder of the pages. */
  url: string
  title: string
  /** What is found by it, and shown beside the title. */
  about: string
}

/** What the search box finds, in the order in which equals are shown. */
export function searchIndex({ groups }: Navigation, guides: Guide[], schemas: string[]): Entry[] {
  return [
    ...groups.flatMap(({ placed }) =>
      placed.map(({ id, method, path, operation }) => {
        const title = `${method.toUpperCase()} ${path}`
        return { url: `../docs#${id}`, title, about: operation.summary.replaceAll('`', '') }
      }),
    ),
    ...guides.map(({ name, title }) => ({ url: `guides/${name}`, title, about: 'Guide' })),
    ...guides.flatMap(({ name, title, headings }) =>
      headings.map(({ id, text }) => ({ url: `guides/${name}#${id}`, title: text, about: title })),
    ),
    ...Object.values(CODES)
      .flat()
      .map(({ code, anchor, title, words }) => ({
        url: `errors#${anchor}`,
        title: code,
        about: title || words.happened,
      })),
    ...schemas.map((name) => ({ url: `../docs#schema-${name}`, title: name, about: 'Schema' })),
  ]
}
