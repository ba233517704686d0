const whole = new Intl.NumberFormat('en-GB')

/** `12,480`. */
export function countText(count: number): string {
  return whole.format(count)
}

/** `99.2 %`; never 100 % where something failed, never 0 % where something succeeded. */
export function shareText(part: number, all: number): string {
  if (all === 0) return '–'
  const percent = (part / all) * 100
  if (part < all && percent > 99.9) return '> 99.9 %'
  if (part > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent.toFixed(percent === 100 || percent === 0 ? 0 : 1)} %`
}

/** `812 B`, `3.4 KiB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`
  return `${(bytes / 1_048_576).toFixed(1)} MiB`
}

/** `1 delivery`, `118 deliveries`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}
