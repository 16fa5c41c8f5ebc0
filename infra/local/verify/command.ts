import type { S3Client } from '@aws-sdk/client-s3';
import { describeFailure, readOptions } from '../../command-line.ts';
import { verifyStore, type Verification } from '../verify.ts';
import { connectStore, readStoreOptions, type StoreOptions } from './store-options.ts';

export const USAGE = `usage: npx headwater verify --store s3://BUCKET[/PREFIX] [options]
walks every chain of objects below the prefix, and reports gaps, overlaps, duplicates and counts per partition

  --store s3://BUCKET[/PREFIX]   what is read; credentials and region come from the AWS SDK's standard chain
                                 (AWS_ACCESS_KEY_ID, AWS_REGION, ...)
  --endpoint URL                 the store's address, unless it is AWS
  --expires                      the bucket deletes old objects: a chain need not begin at 0
  --json                         one line of JSON on standard output

exit codes: 0 no violation, 1 violations found, 2 the store could not be read or the command line is wrong
`;

export interface CommandOutput {
  readonly exitCode: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

/** The subcommand `verify`. Returns its output, so that only the entry file touches the process. */
export async function verifyCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<CommandOutput> {
  let client: S3Client | undefined;
  try {
    const read = readArguments(args);
    if (read === undefined) return { exitCode: 0, stdout: USAGE, stderr: '' };
    const { location, endpoint, expires, json } = read;
    client = connectStore({ location, endpoint }, env);
    const verification = await verifyStore(client, location, { expires });
    const stdout = json ? `${JSON.stringify(verification)}\n` : renderVerification(verification);
    return { exitCode: verification.ok ? 0 : 1, stdout, stderr: '' };
  } catch (error) {
    return { exitCode: 2, stdout: '', stderr: describeFailure('verify', error).text };
  } finally {
    client?.destroy();
  }
}

interface Arguments extends StoreOptions {
  readonly expires: boolean;
  readonly json: boolean;
}

/** @returns undefined if help was requested */
function readArguments(args: readonly string[]): Arguments | undefined {
  const { values } = readOptions(args, {
    store: { type: 'string' },
    endpoint: { type: 'string' },
    expires: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  if (values.help === true) return undefined;
  const { store, endpoint, expires = false, json = false } = values;
  return { ...readStoreOptions(store ?? 'nothing', endpoint), expires, json };
}

/** One aligned row per partition, then sums, then each kind of violation with examples. */
export function renderVerification(verification: Verification): string {
  const { chains, violations, objects, foreign, unidentified, repeated, ok } = verification;
  const rows = chains.map((chain) => [
    chain.chain,
    chain.segments,
    chain.records,
    chain.firstOffset ?? '-',
    chain.lastOffset ?? '-',
    chain.end,
    chain.recordedGaps,
    chain.gaps,
    chain.overlaps,
    chain.duplicates,
  ]);
  const header = [
    'partition',
    'segments',
    'records',
    'first',
    'last',
    'end',
    'recorded gaps',
    'gaps',
    'overlaps',
  ];
  const lines = [
    ...alignColumns([[...header, 'duplicates'], ...rows]),
    '',
    `${objects} segments, ${verification.records} records, ${repeated} repeated request ids, ` +
      `${unidentified} records without a request id, ${foreign} foreign objects`,
    ...violations.flatMap(({ name, invariant, count, examples }) => [
      `${invariant} ${name}: ${count}`,
      ...examples.map((example) => `   ${example}`),
    ]),
    ok ? 'ok: every chain is whole' : 'NOT OK',
  ];
  return `${lines.join('\n')}\n`;
}

/** First column to the left, figures to the right. */
function alignColumns(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => String(row[column]).length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
