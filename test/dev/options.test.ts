import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../dev/options.ts'

function parse(...args: string[]) {
  let said = ''
  const parsed = parseOptions(args, (text) => (said += text))
  return { parsed, said }
}

describe('the options of npm start', () => {
  it('keep state in .data, show a demo and run on when none is given', () => {
    expect(parse().parsed).toEqual({
      run: {
        dataDir: resolve('.data'),
        port: undefined,
        reset: false,
        yes: false,
        json: false,
        demo: true,
        once: false,
      },
    })
  })

  it('take a folder, a port and flags', () => {
    const { parsed } = parse('--data-dir', '/tmp/x', '--port', '0', '--no-demo', '--json')
    expect(parsed).toMatchObject({ run: { dataDir: '/tmp/x', port: 0, demo: false, json: true } })
  })

  it('answer a mistyped option with the one that was meant, and code 2', () => {
    const { parsed, said } = parse('--onec')
    expect(parsed).toEqual({ exit: 2 })
    expect(said).toContain('Did you mean --once?')
  })

  it.each([['--port', 'http'], ['--port', '65536'], ['--port', '-1'], ['extra'], ['--data-dir']])(
    'refuse %s %s with code 2',
    (...args) => {
      expect(parse(...args).parsed).toEqual({ exit: 2 })
    },
  )

  it('refuse --once without the demo that it waits for', () => {
    expect(parse('--once', '--no-demo').parsed).toEqual({ exit: 2 })
  })

  it('explain themselves with --help and code 0', () => {
    const { parsed, said } = parse('--help')
    expect(parsed).toEqual({ exit: 0 })
    for (const name of ['--data-dir', '--port', '--reset', '--json', '--no-demo', '--once'])
      expect(said).toContain(name)
  })
})
