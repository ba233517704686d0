import { connect, type Socket } from 'node:net'
import { frameReader } from './frames.ts'
import { readNumber } from './event-id.ts'

const PATIENCE_MS = 30_000
/** Of the status in `HTTP/1.1 202 Accepted`. */
const STATUS = { at: 9, digits: 3 }

/** Hears the status of an answer; 0 where the connection failed before there was one. */
type Answered = (status: number) => void

/** One kept connection with at most one request under way; opened where it is needed, and again after it failed. */
export class Connection {
  private readonly host: string
  private readonly port: number
  private socket: Socket | undefined
  private answered: Answered | undefined

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.host = hostname
    this.port = Number(port || 80)
  }

  post(bytes: Buffer, answered: Answered): void {
    this.answered = answered
    this.socket ??= this.open()
    this.socket.write(bytes)
  }

  close(): void {
    this.answered = undefined
    this.socket?.destroy()
  }

  private open(): Socket {
    const socket = connect({ host: this.host, port: this.port, noDelay: true })
    const lost = () => {
      if (this.socket !== socket) return
      this.socket = undefined
      this.answer(0)
    }
    const read = frameReader((bytes, from) =>
      this.answer(readNumber(bytes, from + STATUS.at, STATUS.digits)),
    )
    socket.setTimeout(PATIENCE_MS, () => this.answered && socket.destroy())
    return socket.on('data', read).on('error', lost).on('close', lost)
  }

  private answer(status: number): void {
    const { answered } = this
    this.answered = undefined
    answered?.(status)
  }
}
