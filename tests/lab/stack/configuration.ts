import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from '../../../infra/environments/environment.ts';
import { requiredSecrets, type RequiredSecret } from '../../../infra/pulumi/stack/secrets.ts';
import { Authority } from '../certificates.ts';
import { DIRECTORY, PATHS } from '../place.ts';

/** A Secret of the lab. */
export interface LabSecret extends RequiredSecret {
  readonly values: Readonly<Record<string, string>>;
}

/** Every Secret of an environment of the lab with its content, which is the same each time. */
export function secretsOfLab(environment: Environment): readonly LabSecret[] {
  const authority = new Authority(join(DIRECTORY, 'certificates'));
  return requiredSecrets(environment).map((secret) => {
    if (secret.keys === 'any') throw new Error(`the lab has no content for Secret ${secret.name}`);
    return {
      ...secret,
      values: Object.fromEntries(secret.keys.map((key) => [key, contentOf(secret, key, authority)])),
    };
  });
}

/** The engine blots out these texts wherever they stand in what it says: a password has its Secret's name in it. */
function contentOf({ name, use }: RequiredSecret, key: string, authority: Authority): string {
  switch (key) {
    case 'ca.crt':
      return readFileSync(authority.certificate, 'utf8');
    case 'tls.crt':
    case 'tls.key': {
      const subjectAltNames = use.hosts.map((host) => `DNS:${host}`);
      const { certificate, key: privateKey } = authority.issue({
        name,
        subject: `/CN=${name}`,
        subjectAltNames,
      });
      return readFileSync(key === 'tls.crt' ? certificate : privateKey, 'utf8');
    }
    case 'credentials':
      return storeLogin();
    default:
      return `${key} of ${name} in the lab`;
  }
}

function storeLogin(): string {
  const access = parseEnv(readFileSync(join(PATHS.objectStore, 'object-store.env'), 'utf8'));
  const lines = [
    '[default]',
    `aws_access_key_id=${access['AWS_ACCESS_KEY_ID'] ?? ''}`,
    `aws_secret_access_key=${access['AWS_SECRET_ACCESS_KEY'] ?? ''}`,
  ];
  return `${lines.join('\n')}\n`;
}
