import { runClosedLoop } from './closed-loop.ts'
import { runOpenLoop } from './open-loop.ts'
import { answerParent } from './parent.ts'
import type { LoadLog, LoadPlan } from './plan.ts'

/** The process that posts events. */
answerParent((plan: LoadPlan): Promise<LoadLog> => {
  const { pace } = plan
  return pace.kind === 'closed' ? runClosedLoop({ ...plan, pace }) : runOpenLoop({ ...plan, pace })
})
