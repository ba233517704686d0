import { benchHangingLane } from './hanging-lane.ts'
import { benchLane } from './lane.ts'
import { startStack, type Stack } from './stack.ts'
import { benchTarpit } from './tarpit.ts'

const BENCHES: Record<string, (stack: Stack) => Promise<void>> = {
  lane: benchLane,
  'hanging-lane': benchHangingLane,
  tarpit: benchTarpit,
}

const name = process.argv[2] ?? 'lane'
const bench = BENCHES[name]
if (!bench)
  throw new Error(`There is no bench ${name}; there is: ${Object.keys(BENCHES).join(', ')}.`)
const stack = await startStack()
try {
  await bench(stack)
} finally {
  await stack.stop()
}
