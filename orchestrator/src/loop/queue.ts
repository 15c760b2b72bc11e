/** Hands things from callbacks to one reader, in order. */
export interface Queue<Item> {
  push(item: Item): void
  next(): Promise<Item>
}

export function createQueue<Item>(): Queue<Item> {
  const items: Item[] = []
  let wake = () => {}

  return {
    push(item) {
      items.push(item)
      wake()
    },
    async next() {
      while (true) {
        const [item] = items.splice(0, 1)
        if (item !== undefined) return item
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
