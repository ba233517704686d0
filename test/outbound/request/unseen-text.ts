/** Text that shows nothing, by name. */
export const UNSEEN: [name: string, text: string][] = [
  ['zero-width spaces and joiners', '\u200b\u200c\u200d\u2060\ufeff'],
  ['a soft hyphen', '\u00ad'],
  ['Hangul fillers', '\u115f\u1160\u3164\uffa0'],
  ['half surrogate pairs', '\ud800 \udc00'],
  ['marks of direction', '\u200e\u200f\u202a\u202e\u2066\u2069\u061c'],
  ['variation selectors', '\ufe0f\u{e0100}\u180b'],
  ['tags', '\u{e0001}\u{e0041}\u{e007f}'],
  ['invisible operators', '\u2061\u2062\u2063\u2064'],
  ['a combining grapheme joiner', '\u034f'],
  ['the blank of Braille', '\u2800'],
  ['marks of annotations', '\ufff9\ufffa\ufffb'],
  ['wide spaces and controls', '\u00a0\u3000\u2028\u0085\u0000'],
]
