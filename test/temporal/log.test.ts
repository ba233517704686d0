import { ApplicationFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { FAILURE } from '../../src/delivery/contract.ts'
import type { Logger } from '../../src/logger.ts'
import { temporalLogger } from '../../src/temporal/log.ts'

/** At which of our levels the SDK's warning of this error is logged. */
function levelOf(message: string, error: Error): string | undefined {
  let level: string | undefined
  const at = (name: string) => () => void (level = name)
  const ours = {
    isLevelEnabled: () => true,
    warn: at('warn'),
    debug: at('debug'),
    error: at('error'),
  }
  const logger = { child: () => ours } as unknown as Logger
  temporalLogger(logger).warn(message, { error })
  return level
}
const failed = (type: string) => levelOf('Activity failed', ApplicationFailure.create({ type }))

describe("the SDK's warnings", () => {
  it('of activities that ask to be run again later are at debug', () => {
    expect([failed(FAILURE.attemptsLeft), failed(FAILURE.stillHeld)]).toEqual(['debug', 'debug'])
    expect([failed(FAILURE.webhookPaused), failed(FAILURE.notTried)]).toEqual(['debug', 'debug'])
  })

  it('of deliveries that are used up are at debug, since their attempts have lines', () => {
    expect(failed(FAILURE.deliveryFailed)).toBe('debug')
    expect(levelOf('Workflow failed', new Error('1 of 1 failed'))).toBe('debug')
  })

  it('of everything else stay warnings', () => {
    expect(failed(FAILURE.ledgerLost)).toBe('warn')
    expect(levelOf('Activity failed', new TypeError('x is not a function'))).toBe('warn')
  })
})
