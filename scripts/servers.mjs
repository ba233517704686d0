// What dev/ and the tests need of the ladders; typed in servers.d.mts.
export { findMongo } from './servers/mongo.mjs'
export { findTemporal } from './servers/temporal.mjs'
export { cacheFolder, installFolder, output } from './servers/install.mjs'
