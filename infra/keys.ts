import { hash, randomBytes } from 'node:crypto';
import { describeFailure, readOptions, UsageError } from './command-line.ts';
import { dnsLabel } from './environments/names.ts';

const USAGE = `usage: npx headwater keys new --source NAME [--json]
makes a key for a client of a source: prints the key, which is kept nowhere, and the line with its hash for the source's Secret

  --source NAME  the source, for the comment of the line
  --json         one line of JSON on standard output
`;

/** Marks a key of Headwater for programs that look for leaked secrets. */
const PREFIX = 'headwater_';
const KEY_BYTES = 32;

/** @throws {UsageError} that says what the command line lacks */
function main(args: readonly string[]): void {
  const { values } = readOptions(args, { source: { type: 'string' }, json: { type: 'boolean' } });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const { source = '' } = values;
  if (!dnsLabel.safeParse(source).success) {
    throw new UsageError(
      `--source must be the name of a source, at most 63 of a-z, 0-9 and -, got ${source === '' ? 'none' : source}`,
    );
  }
  const key = PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  const line = `sha256:${hash('sha256', key)} # ${source}, ${new Date().toISOString().slice(0, 10)}`;
  process.stdout.write(
    values.json === true
      ? `${JSON.stringify({ key, line })}\n`
      : `key   ${key}\nline  ${line}\n\nThe client sends the key. The line goes into keys of the Secret of ${source}: docs/sources.md.\n`,
  );
}

try {
  main(process.argv.slice(2));
} catch (error) {
  const { text, exitCode } = describeFailure('keys new', error);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
