/**
 * The self-clocking gate of group start (docs/decisions/0001-group-start.md): at most `width` groups are in their CPU-bound part,
 * from the call of workflow.start to its answer and the end of the first matchWebhooks. What arrives
 * meanwhile shares the next group, so groups are of one while there is capacity and grow as load grows.
 */
export class Gate {
  private inside = 0
  private readonly width: number
  private readonly onRoom: () => void

  constructor(width: number, onRoom: () => void) {
    this.width = width
    this.onRoom = onRoom
  }

  /** A release to call when the CPU-bound part is over (further calls do nothing), or undefined if the gate is full. */
  enter(): (() => void) | undefined {
    if (this.inside >= this.width) return undefined
    this.inside += 1
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.inside -= 1
      this.onRoom()
    }
  }
}
