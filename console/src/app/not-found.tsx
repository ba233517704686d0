import { Link } from 'wouter'
import { PageHead } from '../parts/page.tsx'

export function NotFound() {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        The address may be of an older link. <Link href="/">Go to the overview</Link>, or press ⌘K
        and type an id.
      </p>
    </>
  )
}
