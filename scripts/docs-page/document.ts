import type { Schema } from './schema.ts'

export type Schemas = Record<string, Schema>
export type Content = Record<string, { schema: Schema; example?: unknown }>
type Parameter = { name: string; in: string; required?: boolean; schema: Schema }
export type Operation = {
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
  tags?: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks?: Record<string, Record<string, Operation>>
  components: { schemas: Schemas }
}

export type Placed = { id: string; method: string; path: string; operation: Operation }
/** The operations of one tag. */
export type Group = { id: string; name: string; description: string; placed: Placed[] }

/** The groups in the order of the document's tags; in each first what makes and lists, then what is about one, then the rest. */
export function groupsOf({ paths, tags = [] }: ReferenceDocument): Group[] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      return { id: slug(`${method} ${path}`), method, path, operation }
    }),
  )
  const described = new Map(tags.map(({ name, description }) => [name, description]))
  const used = all.map(({ operation }) => operation.tags[0] ?? '')
  const names = [...described.keys(), ...used].filter((name) => used.includes(name))
  return [...new Set(names)].map((name) => {
    const placed = all.filter(({ operation }) => (operation.tags[0] ?? '') === name)
    const description = described.get(name) ?? ''
    return { id: `tag-${slug(name)}`, name, description, placed: placed.toSorted(byTask(placed)) }
  })
}

function byTask(placed: Placed[]) {
  const base = placed.map(({ path }) => path).toSorted((a, b) => a.length - b.length)[0] ?? ''
  const rank = ({ path }: Placed) => {
    if (path === base) return 0
    return /^\/\{\w+\}$/.test(path.slice(base.length)) ? 1 : 2
  }
  return (a: Placed, b: Placed) => rank(a) - rank(b)
}

/** A text as part of an address. */
export function slug(text: string): string {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? ['root']
  return words.join('-')
}
