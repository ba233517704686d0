import type { ComponentType } from 'react'
import { useMay } from '../api/session.ts'
import { PageHead } from '../parts/page.tsx'

/** A page for a role; whoever has a lesser one is told which it needs. */
export function only(role: 'operator' | 'admin', Page: ComponentType): ComponentType {
  return function Only() {
    if (useMay(role)) return <Page />
    return (
      <>
        <PageHead title="Not for this API key" />
        <p className="muted">This page needs the role {role}. Log in with a key that has it.</p>
      </>
    )
  }
}
