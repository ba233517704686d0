// What the pages can do with a script and are readable without: copy an example, search.
const folder = new URL('.', document.currentScript.src)

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = make('textarea', { value: text, className: 'offscreen' }) // http, but on this machine, has no clipboard
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

for (const pre of document.querySelectorAll('pre.shell')) {
  const button = make('button', { type: 'button', className: 'copy', textContent: 'Copy' })
  button.addEventListener('click', async () => {
    await copy(pre.textContent)
    button.textContent = 'Copied'
    setTimeout(() => (button.textContent = 'Copy'), 1500)
  })
  const box = make('div', { className: 'copied' })
  pre.replaceWith(box)
  box.append(pre, button)
}

const MOST = 12
const input = make('input', {
  type: 'search',
  placeholder: 'Search',
  autocomplete: 'off',
  spellcheck: false,
})
input.setAttribute('aria-label', 'Search')
const list = make('ul', {})
const dialog = make('dialog', { className: 'search' }, input, list)
const opener = make(
  'button',
  { type: 'button', className: 'opener' },
  'Search ',
  make('kbd', { textContent: '/' }),
)
document.querySelector('nav .home').after(opener)
document.body.append(dialog)

let index
/** Loaded when it is first needed. */
function entries() {
  index ??= fetch(new URL('search.json', folder)).then((response) => response.json())
  return index
}

/** Every word must occur; in the title counts more, at its start most. */
function found(all, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const scored = all.flatMap((entry) => {
    const title = entry.title.toLowerCase()
    const both = `${title} ${entry.about.toLowerCase()}`
    if (!words.every((word) => both.includes(word))) return []
    const inTitle = words.filter((word) => title.includes(word)).length
    return [{ entry, score: inTitle * 2 + (title.startsWith(words[0]) ? 1 : 0) }]
  })
  return scored
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ entry }) => entry)
}

async function show() {
  const all = await entries()
  const rows = found(all, input.value).map(({ url, title, about }) => {
    const link = make('a', { href: new URL(url, folder).href }, make('b', { textContent: title }))
    link.append(make('span', { textContent: about }))
    link.addEventListener('click', () => dialog.close())
    return make('li', {}, link)
  })
  const isEmpty = input.value.trim() !== '' && rows.length === 0
  list.replaceChildren(...(isEmpty ? [make('li', { textContent: 'Nothing found' })] : rows))
}

function open() {
  if (dialog.open) return
  dialog.showModal()
  input.select()
  void show()
}

input.addEventListener('input', show)
opener.addEventListener('click', open)
dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
dialog.addEventListener('keydown', (event) => {
  const links = [...list.querySelectorAll('a')]
  const at = links.indexOf(document.activeElement)
  if (event.key === 'Enter' && at < 0) links[0]?.click()
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  event.preventDefault()
  const next = at + (event.key === 'ArrowDown' ? 1 : -1)
  ;(links[next] ?? input).focus()
})
addEventListener('keydown', (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')
  const isSlash = event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey
  const isK = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)
  if (!isSlash && !isK) return
  event.preventDefault()
  open()
})
