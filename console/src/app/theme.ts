import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** The one colour of what can be acted on. */
const petrol: MantineColorsTuple = [
  '#e3fafc',
  '#c5f0f5',
  '#99dee8',
  '#66c9d9',
  '#3bb5c9',
  '#22a3b8',
  '#1193a9',
  '#0b7285',
  '#095e6e',
  '#074b58',
]

const font = `system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif`

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: 7,
  autoContrast: true,
  colors: { petrol },
  fontFamily: font,
  defaultRadius: 6,
  headings: { fontFamily: font },
})
