import { type ReactNode, useEffect } from 'react'

type Props = {
  title: ReactNode
  /** Of the browser's window, where the title is no text. */ name?: string
  actions?: ReactNode
}

/** The head of a page: where one is, and what can be done here. */
export function PageHead({ title, name, actions }: Props) {
  const shown = name ?? (typeof title === 'string' ? title : 'herald')
  useEffect(() => {
    document.title = `${shown} · herald`
  }, [shown])
  return (
    <div className="page-head">
      <h1>{title}</h1>
      <div className="row">{actions}</div>
    </div>
  )
}

/** A part of a page under a heading. */
export function Section({
  title,
  actions,
  children,
}: {
  title: string
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <section className="stack" aria-label={title}>
      <div className="row row-spread">
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  )
}

/** An empty page is a lesson: what it is for, one button, one command. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="panel stack" style={{ maxWidth: 640 }}>
      <h2>{title}</h2>
      {children}
    </div>
  )
}
