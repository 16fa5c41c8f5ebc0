import type { Environment } from '../../environments/environment.ts';
import { describeObject, type Manifest } from './platform-objects.ts';
import { findReferences } from './references.ts';
import { requiredSecrets, type RequiredSecret } from './secrets.ts';

/** A Secret that must exist before the manifests are applied. */
export interface ListedSecret extends RequiredSecret {
  /** Objects that refer to it: `StatefulSet headwater/kafka`. */
  readonly readBy: readonly string[];
}

/**
 * Every Secret that must be created before an environment's manifests are applied, with its readers.
 *
 * @throws Error if no manifest refers to a Secret of this name, which would be requested in vain
 */
export function listSecrets(
  environment: Environment,
  manifests: readonly Manifest[],
): readonly ListedSecret[] {
  return requiredSecrets(environment).map((secret) => {
    const readBy = manifests.filter((manifest) =>
      findReferences(manifest).some(
        ({ kind, namespace, name }) =>
          kind === 'Secret' && namespace === secret.namespace && name === secret.name,
      ),
    );
    if (readBy.length === 0) throw new Error(`Secret ${secret.namespace}/${secret.name} is read by nobody`);
    return { ...secret, readBy: readBy.map(describeObject) };
  });
}

/** Instructions for creating them: one paragraph for each. */
export function renderSecrets(secrets: readonly ListedSecret[]): string {
  return secrets
    .map(({ namespace, name, type, keys, use, readBy }) =>
      [
        `${namespace}/${name}`,
        `  type     ${type}`,
        `  keys     ${keys === 'any' ? 'what the program that reads it takes as variables' : keys.join(', ')}`,
        ...(use.hosts.length > 0 ? [`  for      ${use.hosts.join('\n           ')}`] : []),
        ...(use.needsPkcs8 ? ['  tls.key  in PKCS #8: openssl pkcs8 -topk8 -nocrypt'] : []),
        `  read by  ${readBy.join('\n           ')}`,
      ]
        .map((line) => `${line}\n`)
        .join(''),
    )
    .join('\n');
}
