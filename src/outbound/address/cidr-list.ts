import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isWithin, type Network, parseAddress } from './public-address.ts'

export type AddressList = {
  includes(address: string, port: number): boolean
  /** As includes, by a network that is written with this port. */
  namesPort(address: string, port: number): boolean
  readonly size: number
}

/**
 * Networks, each for every port or for one: `10.0.0.0/8`, `127.0.0.0/8:9000`, `[::1]/128:9000`.
 * Throws an Error that says what to change for any other text.
 */
export function parseCidrList(cidrs: readonly string[], key: string): AddressList {
  const rules = cidrs.map((text) => parseRule(text, key))
  const matches = (address: string, isOf: (rulePort: number | undefined) => boolean) => {
    const parsed = parseAddress(address)
    return parsed
      ? rules.some((rule) => isOf(rule.port) && isWithin(parsed, [rule.network]))
      : false
  }
  return {
    size: rules.length,
    includes: (address, port) => matches(address, (rulePort) => (rulePort ?? port) === port),
    namesPort: (address, port) => matches(address, (rulePort) => rulePort === port),
  }
}

function parseRule(text: string, key: string): { network: Network; port?: number } {
  const wrong = (advice: string) => new Error(`${key}: "${text}" is not a network; ${advice}`)
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9a-f:.]+))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/i.exec(text)
  const address = match?.[1] ?? match?.[2] ?? ''
  const family = isIP(address)
  const bits = Number(match?.[3])
  const port = match?.[4] === undefined ? undefined : Number(match[4])
  if (!family || (match?.[1] !== undefined && family === 4))
    throw wrong('write for example 10.0.0.0/8, 127.0.0.1/32:9000 or [::1]/128:9000')
  const most = family === 4 ? 32 : 128
  if (match?.[3] === undefined)
    throw wrong(`add the prefix length, ${address}/${most} for one address`)
  if (bits > most) throw wrong(`the prefix length must be 0 to ${most}`)
  if (port !== undefined && (port < 1 || port > 65_535)) throw wrong('the port must be 1 to 65535')
  const network: Network = ipaddr.parseCIDR(`${address}/${bits}`)
  const first =
    family === 4
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`)
  if (first.toNormalizedString() !== network[0].toNormalizedString())
    throw wrong(`the network with that prefix length is ${first.toString()}/${bits}`)
  return { network, ...(port !== undefined && { port }) }
}
