import type { Carrier } from '../../src/delivery/types.ts'
import { defineModels, type Models, openModels } from '../../src/models/connect.ts'
import type { AttemptRecord } from '../../src/models/deliveries/attempt.ts'
import type { OpenAttempt } from '../../src/models/deliveries/updates.ts'
import type { DeliveryDocument } from '../../src/models/deliveries/document.ts'
import { testDatabaseUri } from './servers/servers.ts'

/** The models on a database of this test file's own. */
export async function ownModels(name: string): Promise<Models> {
  const models = defineModels()
  await openModels(models, testDatabaseUri(name))
  return models
}

/** A reset's run is the latest one. */
export const current = () => Promise.resolve(true)

export const carrierOf = (name: string): Carrier => ({ workflow: `w/${name}`, run: `run-${name}` })

/** Stores an owed row as it is before its first attempt, or with these fields; gives it as it is stored. */
export async function owedRow(
  models: Models,
  id: string,
  fields: Partial<DeliveryDocument> = {},
): Promise<DeliveryDocument> {
  const at = new Date()
  await models.deliveries.create({
    _id: id,
    tenant: 'default',
    event: id,
    webhook: 'wh_test',
    type: 'a.b',
    state: 'pending',
    body: '{}',
    contentType: 'application/json',
    workflow: 'w/own',
    carrier: carrierOf('own'),
    createdAt: at,
    updatedAt: at,
    dueAt: at,
    attempts: 0,
    failures: 0,
    unknowns: 0,
    round: 1,
    ...fields,
  })
  return rowOf(models, id)
}

/** The row as it is stored now. */
export async function rowOf({ deliveries }: Models, id: string): Promise<DeliveryDocument> {
  const row = await deliveries.findById(id).lean().exec()
  if (!row) throw new Error(`no row ${id}`)
  return row
}

/** The next attempt of a row, under a token of its own. */
export function attemptOf(row: DeliveryDocument, token: string, run = 'run-own'): OpenAttempt {
  const startedAt = new Date()
  const until = new Date(startedAt.getTime() + 20_000)
  return { number: row.attempts + 1, startedAt, until, token, run }
}

/** The record of an attempt that has ended. */
export function recordOf(
  number: number,
  outcome: AttemptRecord['outcome'],
): AttemptRecord & { endedAt: Date } {
  const at = new Date()
  const status = outcome === 'delivered' ? 200 : 500
  const response = { status, headers: [], body: '', truncated: false }
  return { number, startedAt: at, endedAt: at, outcome, response }
}
