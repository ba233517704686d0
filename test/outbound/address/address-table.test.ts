import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createAddressGuard } from '../../../src/outbound/address/address-guard.ts'
import { checkUrl } from '../../../src/outbound/address/check-url.ts'
import { createPoster } from '../../../src/outbound/post.ts'
import { MORE_ROWS } from './more-addresses.ts'

type Row = { id: string; url: string; answers: string[] | null; verdict: string; why: string }

const table = new URL('address-table.json', import.meta.url)
const tableRows = JSON.parse(readFileSync(table, 'utf8')) as Row[]
const rows = [...tableRows, ...MORE_ROWS]
const withPlainHttp = new Set(['S131'])

function guardFor({ id, answers }: Row) {
  const questions: string[] = []
  const answer = (family: (address: string) => boolean) => (name: string) => {
    questions.push(name)
    return Promise.resolve((answers ?? []).filter(family))
  }
  const resolver = {
    resolve4: answer((address) => !address.includes(':')),
    resolve6: answer((address) => address.includes(':')),
  }
  const allowHttp = withPlainHttp.has(id)
  const guard = createAddressGuard({
    allowCidrs: [],
    denyCidrs: [],
    allowHosts: [],
    allowHttp,
    resolver,
  })
  return { guard, questions }
}

/** The verdict of text, literal and names together. */
async function verdictOf(guard: ReturnType<typeof guardFor>['guard'], url: string) {
  const checked = guard.checkUrl(url)
  if (!checked.ok) return checked.code
  const { hostname, port, protocol } = checked.url
  const resolved = await guard.resolve(hostname, Number(port) || (protocol === 'http:' ? 80 : 443))
  return resolved.ok ? 'allow' : resolved.code
}

describe('the address table', () => {
  it('is whole', () => expect(tableRows.map(({ id }) => id)).toHaveLength(131))

  it.each(rows)('$id: $verdict, $why', async (row) => {
    const { guard, questions } = guardFor(row)
    expect(await verdictOf(guard, row.url)).toBe(row.verdict)
    if (row.answers === null) expect(questions).toEqual([])
  })

  it.each(rows)('$id: the same when a webhook is saved', async (row) => {
    const { guard } = guardFor(row)
    const target = await guard.checkTarget(row.url)
    if (row.verdict === 'dns_no_address')
      expect(target).toMatchObject({ ok: true, warning: { code: 'dns_no_address' } })
    else expect(target.ok ? 'allow' : target.code).toBe(row.verdict)
  })

  it.each(rows.filter(({ verdict }) => verdict !== 'allow'))(
    '$id: a stored URL is refused before anything is sent',
    async (row) => {
      const poster = createPoster({ guard: guardFor(row).guard, userAgent: 'herald/test' })
      const post = { url: row.url, headers: {}, body: '{}', timeoutMs: 2_000 }
      const { response, error, timings } = await poster.post(post)
      await poster.close()
      const code = row.verdict === 'dns_no_address' ? 'dns_error' : 'destination_refused'
      expect({ response, code: error?.code, connectMs: timings.connectMs }).toEqual({
        response: undefined,
        code,
        connectMs: null,
      })
      expect(error?.final ?? false).toBe(!row.answers || row.verdict.startsWith('url_'))
      for (const address of row.answers ?? []) expect(error?.detail).not.toContain(address)
    },
  )

  it.each(
    rows.filter(({ verdict }) => verdict.startsWith('url_') && verdict !== 'url_ip_noncanonical'),
  )('$id: its text alone is enough to refuse it', ({ id, url, verdict }) => {
    const checked = checkUrl(url, { allowHttp: withPlainHttp.has(id) })
    expect(checked.ok ? 'allow' : checked.code).toBe(verdict)
  })

  it.each([
    ['https://HOOKS.Example.COM./x', 'https://hooks.example.com/x'],
    ['https://b\u00fccher.example.com/', 'https://xn--bcher-kva.example.com/'],
    [
      'https://hooks.example.com/a?b=c%20d&e=%F0%9F%98%80',
      'https://hooks.example.com/a?b=c%20d&e=%F0%9F%98%80',
    ],
  ])('%s is kept as %s', async (raw, kept) => {
    const { guard } = guardFor({
      id: '',
      url: raw,
      answers: ['93.184.215.14'],
      verdict: '',
      why: '',
    })
    expect(await guard.checkTarget(raw)).toEqual({ ok: true, url: kept })
  })
})
