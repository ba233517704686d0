import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ARGUMENTS =
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem'

/** A certificate for `localhost` that nobody trusts unless told so: what a server needs, and the file for NODE_EXTRA_CA_CERTS. */
export function newCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-tls-'))
  execFileSync('openssl', ARGUMENTS.split(' '), { cwd: folder, stdio: 'ignore' })
  const pem = (name: string) => readFileSync(join(folder, name))
  return {
    server: { key: pem('key.pem'), cert: pem('cert.pem') },
    file: join(folder, 'cert.pem'),
    remove: () => rmSync(folder, { recursive: true }),
  }
}
