import { z } from 'zod'
import { LICENCE_EXCEPTIONS } from './licences.ts'
import { type Lock, lockedPackages, type Manifest, ownPackages, packageName } from './lock-file.ts'

const componentSchema = z.looseObject({
  'bom-ref': z.string(),
  type: z.string(),
  name: z.string(),
  version: z.string(),
  purl: z.string(),
  scope: z.enum(['required', 'optional', 'excluded']).optional(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).default([]),
  licenses: z.array(z.unknown()).default([]),
})
const sbomSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f-]{36}$/),
  version: z.number().int(),
  metadata: z.looseObject({ component: componentSchema }),
  components: z.array(componentSchema),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
})
export type Sbom = z.output<typeof sbomSchema>

/**
 * What `npm sbom --sbom-format cyclonedx --package-lock-only` prints, made CycloneDX 1.6: npm writes 1.5, of which 1.6 is a
 * superset, names herald after its folder, and leaves transitive packages out where it is told to omit those of development;
 * so all are kept, and these have the scope `excluded`. Throws where the text is no CycloneDX.
 */
export function sbomOf(npmOutput: string, lock: Lock, manifest: Manifest): Sbom {
  const printed = sbomSchema.parse(JSON.parse(npmOutput))
  const shipped = shippedPackages(lock)
  const components = printed.components.map((component) => {
    const licence = LICENCE_EXCEPTIONS[component.name]?.licence
    const isUnnamed = component.licenses.length === 0 && licence !== undefined
    return {
      ...component,
      scope: shipped.has(component['bom-ref']) ? ('required' as const) : ('excluded' as const),
      licenses: isUnnamed ? [{ license: { id: licence } }] : component.licenses,
    }
  })
  const component = { ...printed.metadata.component, type: 'application', name: manifest.name }
  return {
    ...printed,
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    specVersion: '1.6',
    metadata: { ...printed.metadata, component },
    components,
  }
}

/** Where the SBOM does not say what the lock says: packages, hashes, licences, and references that lead nowhere. */
export function sbomFaults(sbom: Sbom, lock: Lock): string[] {
  const listed = new Map(sbom.components.map((component) => [component['bom-ref'], component]))
  const locked = new Set(ownPackages(lock))
  const faults = lockedPackages(lock).flatMap(([path, { version = '', integrity = '' }]) => {
    const ref = `${packageName(path)}@${version}`
    locked.add(ref)
    const component = listed.get(ref)
    if (!component) return [`${ref} is missing`]
    const sha512 = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
    const isHashed = component.hashes.some(
      ({ alg, content }) => alg === 'SHA-512' && content === sha512,
    )
    return [
      ...(isHashed ? [] : [`${ref} has another hash`]),
      ...(component.licenses.length > 0 ? [] : [`${ref} has no licence`]),
    ]
  })
  const refs = new Set([...listed.keys(), sbom.metadata.component['bom-ref']])
  const named = sbom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn])
  return [
    ...faults,
    ...[...listed.keys()].filter((ref) => !locked.has(ref)).map((ref) => `${ref} is not locked`),
    ...named.filter((ref) => !refs.has(ref)).map((ref) => `${ref} leads nowhere`),
  ]
}

/** The references of what the running product contains. */
function shippedPackages(lock: Lock): Set<string> {
  const shipped = lockedPackages(lock).filter(([, { dev }]) => !dev)
  return new Set(shipped.map(([path, { version = '' }]) => `${packageName(path)}@${version}`))
}
