import { shortId } from '../format/id.ts'
import { CopyButton } from './copy-button.tsx'

/** An id, shortened in the middle; the whole is in the title and in the copy. */
export function IdText({ id, most = 18 }: { id: string; most?: number }) {
  return (
    <span className="id">
      <span className="mono" title={id}>
        {shortId(id, most)}
      </span>
      <CopyButton text={id} what="the id" />
    </span>
  )
}
