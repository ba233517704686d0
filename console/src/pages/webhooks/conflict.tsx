import { Button } from '@mantine/core'
import { type Draft, fieldsOf, patchOf } from './draft.ts'
import { Table } from '../../parts/table.tsx'

const HEADS = ['Field', 'Yours', 'Theirs']

type Props = {
  /** As the form was opened. */
  before: Draft
  mine: Draft
  /** As another admin stored it meanwhile. */
  theirs: Draft
  keepMine: () => void
  takeTheirs: () => void
}

/** Both versions, side by side, of each field that one of them changed; what only one changed does not conflict. */
export function Conflict({ before, mine, theirs, keepMine, takeTheirs }: Props) {
  const [own, other] = [patchOf(before, mine), patchOf(before, theirs)]
  const changed = [...new Set([...Object.keys(own), ...Object.keys(other)])]
  const bothChanged = changed.filter((name) => name in own && name in other)
  const [myFields, theirFields] = [fieldsOf(mine), fieldsOf(theirs)]
  return (
    <div className="note note-warn stack" role="alert">
      <div>
        Another admin changed this webhook while you edited it.{' '}
        {bothChanged.length === 0
          ? 'You changed different fields, so both changes can stand.'
          : `Both of you changed: ${bothChanged.join(', ')}.`}
      </div>
      <Table caption="Both versions" heads={HEADS}>
        {changed.map((name) => (
          <tr key={name}>
            <td>{name}</td>
            <td className="wide mono">{shownText(myFields[name])}</td>
            <td className="wide mono">{shownText(theirFields[name])}</td>
          </tr>
        ))}
      </Table>
      <div className="row">
        <Button size="compact-sm" onClick={keepMine}>
          {bothChanged.length === 0 ? 'Save both changes' : 'Save mine over theirs'}
        </Button>
        <Button size="compact-sm" variant="default" onClick={takeTheirs}>
          Take theirs, drop mine
        </Button>
      </div>
    </div>
  )
}

function shownText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
