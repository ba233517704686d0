import { z } from 'zod'

const VALUES_MAX = 50

/** A query parameter that may name several values, with commas between them or, as some clients send it, several times. */
export function several<One extends z.ZodType>(one: One) {
  return z
    .preprocess((value) => {
      const given = z.array(z.string()).safeParse([value].flat()).data
      return given && [...new Set(given.flatMap((text) => text.split(',')))]
    }, z.array(one).min(1).max(VALUES_MAX))
    .optional()
    .meta({
      description: 'One value, or several with commas between them.',
      param: { style: 'form', explode: false },
    })
}
