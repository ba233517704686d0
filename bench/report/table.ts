import type { Result } from './results.ts'

type Rows = Result['rows']

/** What a case costs has tables of its own: with what it does it would not fit on a page. */
const COST = /CPU|MiB/

/** The tables of a scenario in Markdown: what came, and what it cost. A column is there where a row has a figure for it. */
export function tablesOf(rows: Rows): string {
  const titles = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const isCost = (title: string) => COST.test(title) && !title.startsWith('×')
  const outcome = titles.filter((title) => !isCost(title))
  const cost = titles.filter(isCost)
  return [outcome, cost]
    .filter((some) => some.length > 0)
    .map((some) => tableOf(rows, some))
    .join('\n\n')
}

function tableOf(rows: Rows, titles: string[]): string {
  const filled = rows.filter(({ figures }) => titles.some((title) => figures[title] !== undefined))
  const lines = filled.map(({ name, figures }) => [
    name,
    ...titles.map((title) => cell(figures[title])),
  ])
  const head = ['', ...titles]
  return [head, head.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function cell(figure: number | number[] | undefined): string {
  if (figure === undefined) return ''
  return [figure].flat().map(readable).join(' / ')
}

/** Three digits that count, more of a large number; whole numbers whole. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Number.isInteger(value) || Math.abs(value) >= 100)
    return Math.round(value).toLocaleString('en-US')
  const digits = Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3
  return value.toFixed(digits)
}
