/** What a thread is asked to do; `shared` is left out where it is that of the message before. */
export type Asked = { task: string; input: unknown; limitMs: number; shared?: object }

/** What a thread says: that it can begin, or what came of what it was asked. Times in milliseconds. */
export type Said =
  | { kind: 'ready' }
  | ({ tookMs: number; heapBytes: number } & (
      { kind: 'done'; value: unknown } | { kind: 'late' } | { kind: 'failed' }
    ))

/** A function that threads run. Throws TimeSpent where it takes longer than `limitMs`. */
export type Task<Input, Shared extends object | undefined, Value> = (
  input: Input,
  shared: Shared,
  limitMs: number,
) => Value
