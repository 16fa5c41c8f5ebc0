import { isDeepStrictEqual } from 'node:util';
import { toBytes } from '../../environments/quantities.ts';
import { claimsOf, describeObject, type Manifest } from '../stack/platform-objects.ts';
import { rulesFor } from './resource-rules.ts';

/** A resource in the output of `pulumi stack export`. */
export interface DeployedResource {
  readonly type: string;
  readonly urn: string;
  readonly inputs?: unknown;
  /** Set on a resource that is about to be deleted. */
  readonly delete?: boolean;
}

const STATEFUL_SET = 'kubernetes:apps/v1:StatefulSet';

/** A change of one of these fields makes Pulumi replace the set. */
const REPLACING = [
  'volumeClaimTemplates',
  'selector',
  'serviceName',
  'podManagementPolicy',
  'revisionHistoryLimit',
] as const;

/**
 * Changes that would delete objects with data, one line each, with a way that keeps the data. Pulumi would accept the
 * first kind, and stop at the second when everything else was applied.
 *
 * @param deployed current resources of the stack
 * @param keepsData whether objects with data are retained when the stack is destroyed
 */
export function findReplacements(
  manifests: readonly Manifest[],
  deployed: readonly DeployedResource[],
  { keepsData, stack }: { readonly keepsData: boolean; readonly stack: string },
): readonly string[] {
  const wanted = new Map(manifests.map((manifest) => [describeObject(manifest), manifest]));
  return deployed.flatMap(({ type, urn, inputs, delete: isGoing }) => {
    if (!type.startsWith('kubernetes:') || isGoing === true || !isManifest(inputs)) return [];
    const name = describeObject(inputs);
    const manifest = wanted.get(name);
    if (manifest === undefined) {
      return rulesFor(inputs, keepsData).keeps
        ? [
            `${name} is no longer in the environment, and holds data: once that is kept elsewhere, pulumi state unprotect '${urn}' --stack ${stack}`,
          ]
        : [];
    }
    return type === STATEFUL_SET ? replacingFields(manifest, inputs, name, stack) : [];
  });
}

function replacingFields(wanted: Manifest, found: Manifest, name: string, stack: string): readonly string[] {
  const before = found['spec'] as Readonly<Record<string, unknown>>;
  const after = wanted['spec'] as Readonly<Record<string, unknown>>;
  return REPLACING.filter((field) => !isDeepStrictEqual(before[field], after[field])).map((field) =>
    field === 'volumeClaimTemplates'
      ? `${name}: volumeClaimTemplates cannot be changed in place: ${describeClaims(wanted, found, stack)}`
      : `${name}: ${field} cannot be changed in place, from ${JSON.stringify(before[field])} to ${JSON.stringify(after[field])}: Pulumi would delete the set and make another; docs/pulumi.md has the steps that keep its volumes`,
  );
}

function describeClaims(wanted: Manifest, found: Manifest, stack: string): string {
  const sizes = (manifest: Manifest): ReadonlyMap<string, string> =>
    new Map(claimsOf(manifest).map(({ metadata, spec }) => [metadata.name, spec.resources.requests.storage]));
  const before = sizes(found);
  const after = sizes(wanted);
  const changes = [...new Set([...before.keys(), ...after.keys()])].filter(
    (claim) => before.get(claim) !== after.get(claim),
  );
  const shown = changes.map(
    (claim) => `${claim} ${before.get(claim) ?? 'none'} → ${after.get(claim) ?? 'none'}`,
  );
  if (changes.length === 0 || before.size !== after.size) {
    return `${shown.join(', ') || 'something beside the size differs'}: only the size of a claim can grow; docs/pulumi.md has the steps that keep the volumes`;
  }
  const shrinks = changes.some((claim) => bytesOf(after, claim) < bytesOf(before, claim));
  return shrinks
    ? `${shown.join(', ')}: a volume cannot shrink: set the size back`
    : `${shown.join(', ')}: npx headwater grow-volume --stack ${stack} grows the volumes with their data and makes the set anew around its running pods`;
}

function bytesOf(sizes: ReadonlyMap<string, string>, claim: string): number {
  return toBytes((sizes.get(claim) ?? '0Gi') as `${number}Gi`);
}

function isManifest(inputs: unknown): inputs is Manifest {
  return typeof inputs === 'object' && inputs !== null && 'kind' in inputs && 'metadata' in inputs;
}
