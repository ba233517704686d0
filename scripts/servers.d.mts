import type { ExecFileOptions } from 'node:child_process'

/** A Temporal that runs already has an address; one to be started has the CLI that holds it. */
export type TemporalSource = { rung: string; version: string; server?: string } & (
  { address: string; namespace: string; cli?: undefined } | { cli: string; address?: undefined }
)

/** A MongoDB that runs already has a URI; one to be started has a program (for secantusd the folder of the package). */
export type MongoSource = { rung: string; version: string } & (
  | { engine: 'external'; uri: string }
  | { engine: 'mongod' | 'secantusd' | 'secantusd-rs'; program: string }
)

type Environment = Record<string, string | undefined>

export function findTemporal(environment?: Environment): Promise<TemporalSource | undefined>
export function findMongo(options?: {
  engine?: string | undefined
  environment?: Environment
}): Promise<MongoSource | undefined>
export function cacheFolder(environment?: Environment): string
export function installFolder(
  folder: string,
  fill: (partial: string) => Promise<unknown>,
): Promise<void>
export function output(
  program: string,
  args: readonly string[],
  options?: ExecFileOptions,
): Promise<string>
