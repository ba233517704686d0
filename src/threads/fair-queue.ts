/** A queue in which each owner has its turn, however much another one has put in. */
export class FairQueue<Item> {
  private readonly waiting = new Map<string, Item[]>()

  add(owner: string, item: Item): void {
    const items = this.waiting.get(owner)
    if (items) items.push(item)
    else this.waiting.set(owner, [item])
  }

  /** The oldest item of the owner whose turn it is. */
  take(): Item | undefined {
    const [next] = this.waiting
    if (!next) return undefined
    const [owner, [item, ...rest]] = next
    this.waiting.delete(owner)
    if (rest.length > 0) this.waiting.set(owner, rest)
    return item
  }

  /** Removes an item that nobody waits for any more; false where its turn has come. */
  remove(owner: string, item: Item): boolean {
    const items = this.waiting.get(owner) ?? []
    const at = items.indexOf(item)
    if (at < 0) return false
    items.splice(at, 1)
    if (items.length === 0) this.waiting.delete(owner)
    return true
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0
  }
}
