import { Component, type ReactNode } from 'react'
import { ErrorNote } from '../parts/error-note.tsx'

type Props = {
  /** Of the page; another one begins anew. */
  address: string
  children: ReactNode
}
type State = { error?: unknown; at?: string }

/** A page that fails leaves the places, the search and every other page as they are. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = {}

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  static getDerivedStateFromProps({ address }: Props, { at }: State): State {
    return at === address ? {} : { at: address, error: undefined }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return <ErrorNote error={error} again={() => location.reload()} />
  }
}
