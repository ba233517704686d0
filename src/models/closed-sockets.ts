import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/** As much of the driver's connection (mongodb 7.8.0, lib/cmap/connection.js) as is needed here. */
type Connection = { socket: Socket; onClose: (this: Connection) => void }

/**
 * Lets operations fail that wait for a socket which is closed. The driver writes a command and, where the socket does not
 * take it at once, waits for `drain`. A socket that is destroyed takes nothing and never drains, so an operation that was
 * begun in the moment between the end of a connection and its `close` event waited for ever, whatever its time limits, and
 * with it all that waits behind it (docs/decisions/0015-closed-sockets.md). Here a closed socket drains: whoever waited
 * looks at the connection and throws its error. Called once, before the first connection. Throws where the driver is
 * another one than this was written for.
 */
export function endWaitsOfClosedSockets(): void {
  const mongoose = createRequire(import.meta.url).resolve('mongoose')
  const file = 'mongodb/lib/cmap/connection.js'
  const driver = createRequire(mongoose)(file) as { Connection?: { prototype: Connection } }
  const prototype = driver.Connection?.prototype
  if (typeof prototype?.onClose !== 'function')
    throw new Error(`${fileURLToPath(import.meta.url)} does not fit this version of ${file}`)
  const { onClose } = prototype
  prototype.onClose = function () {
    onClose.call(this)
    // with compression a command may still be on its way to the socket
    this.socket.write = () => {
      throw new Error('the connection is closed')
    }
    this.socket.emit('drain')
  }
}
