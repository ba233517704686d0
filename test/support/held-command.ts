import type { Models } from '../../src/models/connect.ts'

/** Holds the next command to MongoDB up, as a slow server or a process that stands still does, until it is released. */
export function holdNextCommand({ connection }: Models) {
  const { db } = connection
  if (!db) throw new Error('not connected')
  const command = db.command.bind(db)
  let release = () => {}
  let isHeld = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const held = new Promise<void>((resolve) => (isHeld = resolve))
  db.command = async (...args: Parameters<typeof command>) => {
    Reflect.deleteProperty(db, 'command') // this one only
    isHeld()
    await released
    return await command(...args)
  }
  return { held, release }
}
