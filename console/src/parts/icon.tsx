/** Drawn on 16 × 16, in the colour of the text. */
const SHAPES = {
  overview: 'M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z',
  deliveries: 'M1 8h11M8 4l4 4-4 4M14 3v10',
  events: 'M9 1 3 9h5l-1 6 6-8H8z',
  replays: 'M13 8a5 5 0 1 1-1.6-3.7M13 1.5V5H9.5',
  webhooks: 'M5 4.5h6a3.5 3.5 0 0 1 0 7H9M7 11.5H5a3.5 3.5 0 0 1 0-7M6 8h4',
  catalogue: 'M2 3h12M2 6.5h12M2 10h12M2 13.5h8',
  keys: 'M5 11a3 3 0 1 1 2.6-4.5H14v3h-2v2h-2v-2H7.6A3 3 0 0 1 5 11z',
  audit: 'M3 13l1-3 7-7 2 2-7 7zM10 4l2 2',
  egress: 'M9 2H3v12h6M6 8h8M11 5l3 3-3 3',
  about: 'M8 15A7 7 0 1 0 8 1a7 7 0 0 0 0 14zM8 7v4.5M8 4.3v.4',
  copy: 'M5 5h9v9H5zM11 5V2H2v9h3',
  done: 'M2.5 8.5l4 4 7-9',
  menu: 'M2 4h12M2 8h12M2 12h12',
  light:
    'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6 13 13M13 3l-1.4 1.4M4.4 11.6 3 13',
  dark: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z',
  auto: 'M8 15A7 7 0 1 0 8 1a7 7 0 0 0 0 14zM8 1v14',
} as const
export type IconName = keyof typeof SHAPES

/** A sign beside a word; it says nothing that the word does not. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={SHAPES[name]} />
    </svg>
  )
}
