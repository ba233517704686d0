/** Answers what the parent of this process asks, one after the other, and ends with the parent. */
export function answerParent(answer: (question: never) => unknown): void {
  process.on('disconnect', () => process.exit())
  process.on('message', (question) => {
    Promise.resolve(question as never)
      .then(answer)
      .then(
        (value) => process.send?.({ value }),
        (error: unknown) => process.send?.({ error: String(error) }),
      )
  })
}
