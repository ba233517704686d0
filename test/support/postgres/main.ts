// PostgreSQL, Temporal's server on it and MongoDB, until Ctrl-C:
//   node --import tsx test/support/postgres/main.ts [--server 1.31.2]
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { SERVER_VERSION } from './programs.ts'
import { productionLikeServers } from './stack.ts'

const { values } = parseArgs({ options: { server: { type: 'string', default: SERVER_VERSION } } })
const asked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
const servers = await productionLikeServers(values.server)
console.log(`TEMPORAL_ADDRESS=${servers.temporal.address}`)
console.log(`TEMPORAL_NAMESPACE=${servers.namespace}`)
console.log(`MONGODB_URI=${servers.mongo.url}/herald?directConnection=true`)
console.log(`PostgreSQL: 127.0.0.1:${servers.postgresPort}; logs in ${servers.dataDir}`)
await asked
await servers.stop()
