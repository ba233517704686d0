import { z } from 'zod'

const VALUES_MAX = 50

/** A query parameter that may name several values, with commas between them. */
export function several<One extends z.ZodType>(one: One) {
  return z
    .preprocess((value, context) => {
      if (typeof value === 'string') return [...new Set(value.split(','))]
      const message = 'may be given once; put commas between several values'
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }, z.array(one).min(1).max(VALUES_MAX))
    .optional()
    .meta({
      description: 'One value, or several with commas between them.',
      param: { style: 'form', explode: false },
    })
}
