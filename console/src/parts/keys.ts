import { useHotkeys } from '@mantine/hooks'

const WALKING = new Set(['j', 'k'])
const TYPED_IN = 'input:not([type=checkbox]), textarea, select, [contenteditable]'

/**
 * Keys of a page: not while somebody types, not under a dialog, not Enter where it already means a link or a button, and
 * nothing but walking while a key is held down.
 */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useHotkeys(
    Object.entries(keys).map(([key, act]) => [
      key,
      (event) => {
        if (!isMeant(event)) return
        event.preventDefault()
        act()
      },
      { preventDefault: false },
    ]),
    [],
  )
}

function isMeant({ target, key, repeat }: KeyboardEvent): boolean {
  if (repeat && !WALKING.has(key)) return false
  if (document.querySelector('[role=dialog], [role=menu]')) return false
  if (!(target instanceof Element)) return true
  if (target.closest(TYPED_IN)) return false
  return key !== 'Enter' || !target.closest('a, button, input, summary')
}
