import mongoose from 'mongoose'
import type { Models } from '../../src/models/connect.ts'
import { currentHost, type Host, type World } from './world.ts'

const METHODS = [
  'findOne',
  'insertOne',
  'insertMany',
  'updateOne',
  'updateMany',
  'bulkWrite',
  'countDocuments',
  'findOneAndUpdate',
] as const
type Call = (...args: unknown[]) => unknown
type Collection = Record<string, Call>
type Cursor = { toArray: () => Promise<unknown>; next: () => Promise<unknown> }
export type MongoWeather = 'calm' | 'slow' | 'failing'
/** An operation that MongoDB has carried out, before its answer is on its way. */
export type CarriedOut = { host: Host; collection: string; method: string; args: unknown[] }
type Asked = Omit<CarriedOut, 'host'>

const FAILS = 0.5
const SLOW_MS = 1_500
const CALM_MS = 4

/** Real MongoDB, whose answers to processes come when the world says so, late or never: it may have done what it was asked. */
export class SlowMongo {
  weather: MongoWeather = 'calm'
  count = 0
  /** Called for each operation of a process; nothing else happens until it is through. */
  carriedOut: (operation: CarriedOut) => Promise<void> = () => Promise.resolve()
  private readonly world: World
  private readonly undo: (() => void)[] = []

  constructor(world: World, { connection }: Models) {
    this.world = world
    for (const model of Object.values(connection.models))
      this.stepInFor(model.collection as unknown as Collection, model.collection.name)
    // what models/insert.ts asks for
    const db = connection.db as unknown as Collection
    this.replace(db, 'command', (original) => (...args) => {
      const { insert, documents } = args[0] as { insert: string; documents: unknown[] }
      const asked = { collection: insert, method: 'insertMany', args: [documents] }
      return this.operation(() => original.apply(db, args), asked)
    })
  }

  /** The models are as they were. */
  stop(): void {
    for (const undo of this.undo) undo()
  }

  private stepInFor(collection: Collection, name: string): void {
    for (const method of METHODS)
      this.replace(collection, method, (original) => (...args) => {
        const run = () => original.apply(collection, args)
        return this.operation(run, { collection: name, method, args })
      })
    this.replace(collection, 'find', (original) => (...args) => {
      const cursor = original.apply(collection, args) as Cursor
      const call = { collection: name, method: 'find', args }
      const toArray = cursor.toArray.bind(cursor)
      const next = cursor.next.bind(cursor)
      cursor.toArray = () => this.operation(toArray, call)
      cursor.next = () => this.operation(next, call)
      return cursor
    })
  }

  private replace(collection: Collection, method: string, by: (original: Call) => Call): void {
    const original = collection[method]
    if (!original) throw new Error(`there is no ${method}`)
    collection[method] = by(original)
    this.undo.push(() => void Reflect.deleteProperty(collection, method))
  }

  private async operation(run: () => unknown, call: Asked): Promise<unknown> {
    const host = currentHost.getStore()
    if (!host) return await run()
    this.count += 1
    const fault = this.fault()
    const carry = async () => {
      if (fault === 'not sent' || (host.state === 'dead' && this.world.chance(0.5))) throw away()
      const value = await run()
      await this.carriedOut({ ...call, host })
      if (fault === 'answer lost') throw away()
      return value
    }
    return await this.answered(this.world.step(this.latencyMs(), carry), host)
  }

  /** What came of it, when the answer has come to the process. */
  private async answered(work: Promise<unknown>, host: Host): Promise<unknown> {
    const [end] = await Promise.allSettled([work])
    return await this.world.step(
      this.latencyMs(),
      () => {
        if (end.status === 'fulfilled') return end.value
        throw end.reason
      },
      host,
    )
  }

  private fault(): 'none' | 'not sent' | 'answer lost' {
    if (this.weather !== 'failing' || !this.world.chance(FAILS)) return 'none'
    return this.world.chance(0.5) ? 'not sent' : 'answer lost'
  }

  private latencyMs(): number {
    return this.world.between(0, this.weather === 'slow' ? SLOW_MS : CALM_MS)
  }
}

function away(): Error {
  return new mongoose.mongo.MongoNetworkError('the connection was lost')
}
