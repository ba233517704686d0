import { allows } from '../src/api/access/auth.ts'
import { ROUTES } from '../src/api/routes.ts'
import { ROLES } from '../src/models/access/api-key.ts'

/** The Markdown of docs/roles.md: every route with the roles that may use it. */
export function rolesPage(): string {
  const rows = ROUTES.map(({ method, path, role, summary }) => {
    const cells = ROLES.map((one) => (role === null || allows(one, role) ? '✓' : ''))
    const least = role ?? 'no key'
    return ['', `${method.toUpperCase()} \`${path}\``, least, ...cells, summary, ''].join(' | ')
  })
  return [
    '# Roles',
    'Who may do what, made from the route table by `npm run docs`; test/api/access/roles.test.ts tries every cell. The role admin includes all others, operator includes viewer. Without a key, or with one that is unknown, expired or revoked, the answer is `401`; with a key of another role `403`; for what belongs to another tenant `404`. A console session has the role and tenant of the API key that began it.',
    [
      ` | Route | Least role | ${ROLES.join(' | ')} | What | `,
      ` | ${Array.from({ length: ROLES.length + 3 }, () => '---').join(' | ')} | `,
      ...rows,
    ]
      .map((row) => row.trim())
      .join('\n'),
    '',
  ].join('\n\n')
}
