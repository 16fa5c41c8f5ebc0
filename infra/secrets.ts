import { parseArgs } from 'node:util';
import { environments } from './environments/environments.ts';
import { readEnvironment } from './environments/read-environment.ts';
import { buildPlatform } from './platform.ts';
import { readObjects } from './pulumi/platform-objects.ts';
import { listSecrets, renderSecrets } from './pulumi/secret-list.ts';

const USAGE = `usage: npm run secrets -- ENVIRONMENT

  Names every Secret that must be there before the manifests of an environment are applied with kubectl: its keys, and who
  reads it. Pulumi makes them itself.

  --json   one line of JSON
`;

/** @throws Error that says what the command line lacks */
function main(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const [name] = positionals;
  const found = Object.entries(environments).find(([known]) => known === name)?.[1];
  if (found === undefined || positionals.length > 1) {
    throw new Error(
      `environment must be one of ${Object.keys(environments).join(', ')}, got ${positionals.join(' ') || 'none'}`,
    );
  }
  const environment = readEnvironment(found);
  const manifests = readObjects(buildPlatform(environment)).map(({ manifest }) => manifest);
  const secrets = listSecrets(environment, manifests);
  process.stdout.write(values.json === true ? `${JSON.stringify(secrets)}\n` : renderSecrets(secrets));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
