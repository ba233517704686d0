import type { ReferenceDocument } from './document.ts'
import { groupsOf } from './document.ts'
import { errorsPage } from './errors.ts'
import { guidePage, readGuides } from './guides.ts'
import { referencePage } from './page.ts'
import { searchIndex } from './search.ts'

/** Every file of docs/reference that is made, by its path there; `made` are guides that are not on the disk yet. */
export async function referencePages(
  document: ReferenceDocument,
  made: Record<string, string>,
): Promise<[path: string, text: string][]> {
  const guides = await readGuides(made)
  const navigation = { guides, groups: groupsOf(document) }
  const schemas = Object.keys(document.components.schemas)
  return [
    ['index.html', referencePage(document, navigation)],
    ['errors.html', errorsPage(navigation)],
    ['search.json', JSON.stringify(searchIndex(navigation, guides, schemas))],
    ...guides.map((guide): [string, string] => [
      `guides/${guide.name}.html`,
      guidePage(guide, navigation),
    ]),
  ]
}
