import type { ReactNode } from 'react'
import { useMay } from '../api/session.ts'
import { PageHead } from '../parts/page.tsx'

/** A page for a role; whoever has a lesser one is told which it needs. */
export function Only({ role, children }: { role: 'operator' | 'admin'; children: ReactNode }) {
  if (useMay(role)) return children
  return (
    <>
      <PageHead title="Not for this API key" />
      <p className="muted">This page needs the role {role}. Log in with a key that has it.</p>
    </>
  )
}
