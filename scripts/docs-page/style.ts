/** The one style sheet of the pages under /docs: light and dark, wide and narrow, no font or image from elsewhere. */
export const DOCS_STYLE = `
:root {
  color-scheme: light dark;
  --text: #1c2128; --soft: #57606a; --line: #d9dee4; --page: #ffffff; --side: #f6f8fa;
  --link: #0757b0; --mark: #9a3412; --shell: #f2f4f7;
  --get: #1a6b3c; --post: #0757b0; --put: #8a5200; --patch: #6b3fa0; --delete: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e3e8ee; --soft: #9aa5b1; --line: #30373f; --page: #14181d; --side: #1a1f25;
    --link: #7db7ff; --mark: #f3a06b; --shell: #1e242b;
    --get: #6cc894; --post: #7db7ff; --put: #e2b35b; --patch: #c3a1f5; --delete: #ff8f85;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; color: var(--text); background: var(--page);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
code { overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
h1 { margin: 0 0 .25rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 3.5rem 0 0; padding-bottom: .4rem; border-bottom: 2px solid var(--line); font-size: 1.5rem; }
h3 { margin: 0; font-size: 1.05rem; line-height: 1.4; }
h4 { margin: 1.25rem 0 .25rem; font-size: .8rem; color: var(--soft); letter-spacing: .03em; }
h4 code { color: var(--text); }
main { max-width: 80rem; padding: 2.5rem 1.25rem 6rem; margin: 0 auto; }
.lead { margin: 0 0 1rem; font-size: 1.1rem; color: var(--soft); max-width: 45rem; }
article { padding: 1.75rem 0; border-bottom: 1px solid var(--line); }
article > p { margin: .35rem 0 0; }
article:target > h3 code { background: color-mix(in srgb, var(--link) 18%, transparent); border-radius: 3px; }
.anchor { color: var(--soft); text-decoration: none; opacity: .5; }
.anchor:hover { opacity: 1; }
.method { font: 700 .72rem/1 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; letter-spacing: .02em; }
h3 .method { display: inline-block; padding: .3rem .45rem; margin-right: .25rem; border: 1px solid currentColor; border-radius: 4px; vertical-align: .1em; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
.role { color: var(--soft); white-space: nowrap; }
.shell {
  margin: 1rem 0 0; padding: .8rem 1rem; overflow-x: auto; background: var(--shell);
  border: 1px solid var(--line); border-radius: 6px; line-height: 1.5; white-space: pre-wrap;
  -webkit-user-select: all; user-select: all;
}
.fields { margin: .25rem 0 0; }
.fields dt { margin-top: .45rem; padding-top: .45rem; border-top: 1px solid var(--line); }
.fields dd { margin: 0; color: var(--soft); font-size: .9rem; }
.fields .form { padding: .9rem 0 .3rem; font-size: .9rem; font-weight: 600; }
.name { font-weight: 600; }
.type { color: var(--soft); font-size: .85rem; font-weight: 400; letter-spacing: 0; }
.need { color: var(--mark); font-size: .8rem; }
.fields .limits { font-size: .82rem; }
.answer { margin: .4rem 0 0; }
.status { font-weight: 700; color: var(--get); }
.problems { margin: .6rem 0 0; color: var(--soft); font-size: .9rem; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
tr:target td { background: color-mix(in srgb, var(--link) 14%, transparent); }
nav { padding: 1rem 1.25rem; background: var(--side); border-bottom: 1px solid var(--line); font-size: .85rem; }
nav .group { display: inline-block; margin: .15rem .9rem .15rem 0; font-weight: 600; }
nav .links { display: none; }
@media (min-width: 60rem) {
  nav { position: fixed; inset: 0 auto 0 0; width: 19rem; padding: 1.5rem 1rem 2rem; overflow-y: auto; border: 0; border-right: 1px solid var(--line); }
  nav .group { display: block; margin: 1.1rem 0 .2rem; color: var(--text); text-decoration: none; }
  nav .group:first-child { margin-top: 0; }
  nav .links { display: block; }
  nav .links a { display: flex; gap: .5rem; padding: .14rem 0; color: var(--soft); text-decoration: none; font-size: .78rem; overflow-wrap: anywhere; }
  nav .links a:hover { color: var(--link); text-decoration: underline; }
  nav .links .method { flex: 0 0 3.1rem; font-size: .64rem; line-height: 1.9; }
  nav ~ main { margin-left: 19rem; padding: 2.5rem 2.5rem 6rem; }
}
@media (min-width: 72rem) {
  .columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 27rem); gap: 2rem; align-items: start; }
  .columns .shell { position: sticky; top: 1rem; }
}
`
