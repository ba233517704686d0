import { Button } from '@mantine/core'

/** To the workflow in Temporal Web, where there is one. */
export function TemporalLink({ href }: { href: string | null | undefined }) {
  if (!href) return null
  return (
    <Button
      component="a"
      href={href}
      target="_blank"
      rel="noreferrer"
      size="compact-sm"
      variant="default"
    >
      Open in Temporal
    </Button>
  )
}
