import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Webhook } from '../../api/types.ts'
import { CopyButton } from '../../parts/copy-button.tsx'

/** The programs of docs/verify, which herald's own tests run. */
const PROGRAMS = {
  'Node.js': {
    load: () => import('../../../../docs/verify/node/verify.mjs?raw'),
    run: 'node verify.mjs',
  },
  Python: {
    load: () => import('../../../../docs/verify/python/verify.py?raw'),
    run: 'python3 verify.py',
  },
  Go: { load: () => import('../../../../docs/verify/go/verify.go?raw'), run: 'go run verify.go' },
  Java: {
    load: () => import('../../../../docs/verify/java/Verify.java?raw'),
    run: 'java Verify.java',
  },
  PHP: { load: () => import('../../../../docs/verify/php/verify.php?raw'), run: 'php verify.php' },
  Ruby: { load: () => import('../../../../docs/verify/ruby/verify.rb?raw'), run: 'ruby verify.rb' },
  'C#': {
    load: () => import('../../../../docs/verify/csharp/Verify.cs?raw'),
    run: 'dotnet run --',
  },
  bash: { load: () => import('../../../../docs/verify/bash/verify.sh?raw'), run: 'bash verify.sh' },
}
type Language = keyof typeof PROGRAMS

/** A program for the receiver, and the command that tries it with this webhook's scheme and secret. */
export function Snippets({
  webhook: { signature },
  secret,
}: {
  webhook: Webhook
  secret: string | undefined
}) {
  const [language, setLanguage] = useState<Language>('Node.js')
  const { load, run } = PROGRAMS[language]
  const { data } = useQuery({
    queryKey: ['snippet', language],
    queryFn: async () => (await load()).default,
    staleTime: Infinity,
  })
  const header = 'header' in signature ? signature.header : 'webhook-signature'
  const command = `${run} ${signature.scheme} ${header} '${secret ?? '<secret>'}' now 'webhook-id: …' 'webhook-timestamp: …' 'webhook-signature: …' < body`
  return (
    <div className="stack">
      <SegmentedControl
        size="xs"
        data={Object.keys(PROGRAMS)}
        value={language}
        onChange={(value) => setLanguage(value as Language)}
        aria-label="Language"
        style={{ alignSelf: 'flex-start', maxWidth: '100%', overflowX: 'auto' }}
      />
      <div className="row row-spread">
        <span className="muted">Try it with a request that came:</span>
        <CopyButton text={command} what="the command" label="Copy" />
      </div>
      <pre className="code" tabIndex={0} aria-label="Command">
        {command}
      </pre>
      <div className="row row-spread">
        <span className="muted">The program; the body must be the bytes as they came.</span>
        {data && <CopyButton text={data} what="the program" label="Copy" />}
      </div>
      <pre
        className="code"
        tabIndex={0}
        aria-label="Program"
        style={{ maxHeight: 360, overflowY: 'auto' }}
      >
        {data ?? ''}
      </pre>
    </div>
  )
}
