const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const TIME = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)'
const MONTH = `(?<month>${MONTHS.join('|')})`
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'
/** `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`. */
const FORMS = [
  new RegExp(`^${DAY}, (?<day>\\d{1,2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^${LONG_DAY}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`),
  new RegExp(`^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
]
/** A year of two digits that would lie further ahead is one of the century before. */
const MOST_YEARS_AHEAD = 50

/**
 * An HTTP date as epoch milliseconds (RFC 9110 5.6.7: IMF-fixdate, RFC 850 or asctime, each of UTC); undefined for any
 * other text and for a day or time that there is none of. `nowMs` tells the century of an RFC 850 date.
 */
export function httpDateMs(text: string, nowMs: number): number | undefined {
  const fields = FORMS.map((form) => form.exec(text)?.groups).find(Boolean)
  if (!fields) return undefined
  const number = (name: string) => Number(fields[name])
  const [day, hour, minute, second] = [
    number('day'),
    number('hour'),
    number('minute'),
    number('second'),
  ]
  if (hour > 23 || minute > 59 || second > 60) return undefined // 60: a leap second
  const month = MONTHS.indexOf(fields['month'] ?? '')
  const year = fields['year']?.length === 2 ? fullYear(number('year'), nowMs) : number('year')
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month, day)
  if (midnight.getUTCDate() !== day || midnight.getUTCMonth() !== month) return undefined
  return midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000
}

function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + twoDigits
  if (year > thisYear + MOST_YEARS_AHEAD) return year - 100
  return year + 100 <= thisYear + MOST_YEARS_AHEAD ? year + 100 : year
}
