import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { lab } from '../../../infra/environments/lab.ts';
import { Authority } from '../certificates.ts';
import { DIRECTORY, PATHS } from '../place.ts';

/**
 * The content of each Secret of environment `lab`, by the key under which a user would configure it. The engine
 * blots out these texts wherever they stand in what it says.
 */
export function secretsOfLab(): Readonly<Record<string, string>> {
  const { objectStore, edge, logging } = lab;
  if (objectStore.credentials.kind !== 'secret') throw new Error('the lab has no identities of pods');
  const access = parseEnv(readFileSync(join(PATHS.objectStore, 'object-store.env'), 'utf8'));
  const login = [
    '[default]',
    `aws_access_key_id=${access['AWS_ACCESS_KEY_ID'] ?? ''}`,
    `aws_secret_access_key=${access['AWS_SECRET_ACCESS_KEY'] ?? ''}`,
  ];
  const certificate = new Authority(join(DIRECTORY, 'certificates')).issue({
    name: 'edge',
    subject: `/CN=${edge.host}`,
    subjectAltNames: [`DNS:${edge.host}`],
  });
  return {
    [`${objectStore.credentials.name}.credentials`]: `${login.join('\n')}\n`,
    [`${edge.tlsSecret}.tls.crt`]: readFileSync(certificate.certificate, 'utf8'),
    [`${edge.tlsSecret}.tls.key`]: readFileSync(certificate.key, 'utf8'),
    [`${logging.search.credentialsSecret}.username`]: 'collectors-of-the-lab',
    [`${logging.search.credentialsSecret}.password`]: 'password-of-the-lab',
  };
}
