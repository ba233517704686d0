import { inject } from 'vitest'

/** A database of its own for each test file; files run in processes of their own. */
export function testDatabaseUri(name: string): string {
  const uri = new URL(inject('mongoUrl'))
  uri.pathname = `/${name}_${process.pid}`
  if (!uri.search) uri.search = '?directConnection=true'
  return uri.href
}
