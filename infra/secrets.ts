import { describeFailure, readOptions } from './command-line.ts';
import { readEnvironment } from './environments/read-environment.ts';
import { namedEnvironment } from './named-environment.ts';
import { buildPlatform } from './platform.ts';
import { readObjects } from './pulumi/stack/platform-objects.ts';
import { listSecrets, renderSecrets } from './pulumi/stack/secret-list.ts';

const USAGE = `usage: npx headwater secrets ENVIRONMENT [--json]
names every Secret that must be there before the manifests of an environment are applied with kubectl: its keys, and who
reads it; Pulumi makes them itself

  --json   one line of JSON on standard output
`;

/** @throws {UsageError} that says what the command line lacks */
function main(args: readonly string[]): void {
  const { values, positionals } = readOptions(args, { json: { type: 'boolean' } }, 1);
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const environment = readEnvironment(namedEnvironment(positionals[0]));
  const manifests = readObjects(buildPlatform(environment)).map(({ manifest }) => manifest);
  const secrets = listSecrets(environment, manifests);
  process.stdout.write(values.json === true ? `${JSON.stringify(secrets)}\n` : renderSecrets(secrets));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  const { text, exitCode } = describeFailure('secrets', error);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
