/** The largest data of an event in many shapes, each under the names that the bombs use. */
export const LARGE_DATA: Record<string, unknown> = {
  digits: texts('1'),
  'one letter': { ...texts('a'), t: `b${'a'.repeat(90_000)}` },
  'a text that nearly occurs': {
    s: `${`b${'a'.repeat(20)}`.repeat(500)}${'a'.repeat(150_000)}`,
    t: `b${'a'.repeat(60_000)}b`,
    a: ['a'],
    m: { k: 'a' },
  },
  'pairs of surrogates': texts('😀', 15_000),
  'one text': { s: 'a'.repeat(262_000), t: 'b', a: [1], m: { k: 1 } },
  'a long list': list(0, 120_000),
  'a list of lists': list([[[1]]], 18_000),
  'an object of many members': {
    s: 'x',
    t: 'y',
    a: [1],
    m: Object.fromEntries(Array.from({ length: 9_900 }, (_, n) => [`k${n}`, n])),
  },
  'deep objects': { s: 'x', t: 'y', a: list(deep(60), 200).a, m: deep(60) },
  'objects of any shape': { s: 'x', t: 'y', a: shapes(780), m: {} },
}

/** One filter for each function and operator, as often as 1,000 characters have room for it, and never true before the last. */
export const FILTER_BOMBS: readonly string[] = [
  'size(data.s) < 0',
  'data.s.size() < 0',
  'size(data.a) < 0',
  'size(data.m) < 0',
  'data.s.contains(data.t)',
  "data.s.contains('b')",
  'data.s.indexOf(data.t) > 5',
  'data.s.indexOf(data.t, 1) > 5',
  'data.s.lastIndexOf(data.t) > 5',
  'data.s.lastIndexOf(data.t, 99) > 5',
  'data.s.startsWith(data.t)',
  'data.s.endsWith(data.t)',
  "data.s.lowerAscii() == ''",
  "data.s.upperAscii() == ''",
  "data.s.trim() == 'x'",
  "data.s.substring(1) == ''",
  "data.s.substring(1, 9) == ''",
  'int(data.s) < 0',
  'uint(data.s) < 0u',
  'double(data.s) < 0.0',
  'bool(data.s)',
  "string(data.s) == ''",
  'dyn(data.a) == 5',
  'type(data.a) == int',
  'timestamp(data.s) < timestamp(0)',
  'duration(data.s) < duration("0s")',
  'timestamp(1).getHours(data.s) == 99',
  'timestamp(data.s).getDayOfYear() == 999',
  ...[
    'FullYear',
    'Month',
    'Date',
    'DayOfMonth',
    'DayOfWeek',
    'Minutes',
    'Seconds',
    'Milliseconds',
  ].map((part) => `timestamp(data.s).get${part}(data.t) == 9999`),
  'has(data.m.k) && data.m.k == "never"',
  'data.s == data.t',
  'data.s < data.t && data.t < data.s',
  'data.s <= data.t && data.s >= data.t && data.s != data.s',
  'data.a[0] - data.a[0] > 5',
  'data.a[0] * data.a[0] / 7 % 3 > 5',
  '-data.a[0] > 5 && !(data.s == data.t)',
  "data.s + data.t == ''",
  'data.a + data.a == []',
  'data.a + data.a + data.a + data.a + data.a + data.a + data.a + data.a + data.a == []',
  'data.a == data.m',
  'data.a == data.a.filter(x, true)',
  '5.5 in data.a',
  '"none" in data.m',
  '[1, 2, 3] in data.a',
  'data.m == data.a[0]',
  'data.a[59999] == "never"',
  'data.a[0] < 0',
  'data.s ? true : false',
  'data.a.exists(x, x == "never")',
  'data.a.exists(x, x in data.a && x == "never")',
  'data.a.exists(x, data.a.exists(y, data.a.exists(z, x == y && y != z && z == "never")))',
  'data.a.exists_one(x, x == "never")',
  'data.a.filter(x, data.a.filter(y, x == y).size() > 1).size() < 0',
  'data.a.exists(x, size(data.s) < 0)',
  'data.a.exists(x, data.s.lowerAscii() == "")',
  'data.a.exists(x, (data.s + data.s).contains(data.t))',
  'data.a.exists(x, size(data.a + data.a + data.a + data.a) < 0)',
  'data.a.all(x, string(data.s) == data.t)',
  'data.m.exists(k, data.m[k] == "never")',
  'data.m.exists(k, k.contains(data.s))',
  'data.a.exists(x, {"a": x, "b": data.a} == {"a": data.a, "b": x})',
].map(filled)

function filled(filter: string): string {
  const most = Math.floor(1_000 / (filter.length + 6))
  const pluses = filter.split('+').length - 1
  const times = Math.max(1, Math.min(most, pluses > 0 ? Math.floor(8 / pluses) : most, 20))
  return Array.from({ length: times }, () => `(${filter})`).join(' || ')
}

function texts(text: string, times = 85_000 / text.length) {
  const s = text.repeat(times)
  return { s, t: s.slice(0, -1), a: [s], m: { k: s.slice(0, 100) } }
}

function list(item: unknown, length: number) {
  return { s: 'x', t: 'y', a: Array.from({ length }, () => item), m: { k: 1 } }
}

function deep(levels: number): unknown {
  return levels === 0 ? 1 : { k: deep(levels - 1) }
}

/** Nested lists and objects, no two of them with the same shape: libraries remember each. */
function shapes(count: number): unknown[] {
  return Array.from({ length: count }, (_, n) => {
    let value: unknown = n
    for (let level = 0; level < 58; level++)
      value = (n * 2_654_435_761 + level * n) % (level + 2) === 0 ? [value] : { k: value }
    return value
  })
}
