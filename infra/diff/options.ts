import { readOptions, UsageError } from '../command-line.ts';
import { CONSEQUENCES, isConsequence, type Consequence } from './consequences.ts';
import { parseSet, type SetProperty } from './what-if/set-property.ts';

export const USAGE = `usage: npx headwater diff --base REVISION [options]
       npx headwater diff --set PROPERTY=VALUE [options]
reports the consequence of each change of the manifests; needs no cluster

  --base REVISION        the revision to compare with: a branch, a tag or a commit
  --head REVISION        the revision to report on; default: the working tree with uncommitted changes
  --set PROPERTY=VALUE   compare the working tree with this value in it; repeatable. VALUE is JSON or text, and an
                         empty one removes the property: --set kafka.brokers=5 --set kafka.heap=
  --watch                report again after each change of a source; --base defaults to HEAD
  --environment NAME     only this environment; repeatable
  --format FORMAT        text (default), markdown, html, json or sarif
  --output FILE          write the report to a file instead of standard output
  --also FORMAT=FILE     also write the report in another format; repeatable
  --fail-on CONSEQUENCE  exit with 1 if a change that is not approved has this consequence; repeatable
  --approvals FILE       the approved changes; default: infra/diff/approvals.json of the head
  --approve ID           approve one more change or cause; repeatable

consequences: ${CONSEQUENCES.join(', ')}
exit codes: 0 compared, 1 a change that --fail-on names, 2 nothing could be compared, 130 interrupted
`;

export const FORMATS = ['text', 'markdown', 'html', 'json', 'sarif'] as const;
export type Format = (typeof FORMATS)[number];

export interface DiffOptions {
  /** @default with `--set` the working tree */
  readonly base: string | undefined;
  /** @default the working tree */
  readonly head: string | undefined;
  /** Empty means all. */
  readonly environments: readonly string[];
  readonly format: Format;
  /** @default standard output */
  readonly output: string | undefined;
  readonly also: readonly { readonly format: Format; readonly file: string }[];
  readonly failOn: readonly Consequence[];
  readonly approvals: string | undefined;
  readonly approved: readonly string[];
  /** Properties to compare with other values. */
  readonly sets: readonly SetProperty[];
  /** Whether to report again after each change of a source. */
  readonly watch: boolean;
}

/** @returns undefined for `--help`. @throws {UsageError} that names the wrong option */
export function parseOptions(args: readonly string[]): DiffOptions | undefined {
  const { values } = readOptions(args, {
    base: { type: 'string' },
    head: { type: 'string' },
    set: { type: 'string', multiple: true },
    watch: { type: 'boolean' },
    environment: { type: 'string', multiple: true },
    format: { type: 'string' },
    output: { type: 'string' },
    also: { type: 'string', multiple: true },
    'fail-on': { type: 'string', multiple: true },
    approvals: { type: 'string' },
    approve: { type: 'string', multiple: true },
  });
  if (values.help === true) return undefined;
  const { set = [], watch = false } = values;
  const base = values.base ?? (watch && set.length === 0 ? 'HEAD' : undefined);
  if (set.length === 0 && base === undefined)
    throw new UsageError('--base must name a revision, got nothing (or give --set PROPERTY=VALUE)');
  if (set.length > 0 && (base ?? values.head) !== undefined)
    throw new UsageError('--set must be given without --base and --head: it changes the working tree');
  return {
    base,
    head: values.head,
    environments: values.environment ?? [],
    format: readFormat('--format', values.format ?? 'text'),
    output: values.output,
    also: (values.also ?? []).map((pair) => {
      const [format = '', ...file] = pair.split('=');
      if (file.join('=') === '') throw new UsageError(`--also must be FORMAT=FILE, got ${pair}`);
      return { format: readFormat('--also', format), file: file.join('=') };
    }),
    failOn: (values['fail-on'] ?? []).map((word) => {
      if (isConsequence(word)) return word;
      throw new UsageError(`--fail-on must be one of ${CONSEQUENCES.join(', ')}, got ${word}`);
    }),
    approvals: values.approvals,
    approved: values.approve ?? [],
    sets: set.map((text) => {
      const parsed = parseSet(text);
      if (parsed === undefined) throw new UsageError(`--set must be PROPERTY=VALUE, got ${text}`);
      return parsed;
    }),
    watch,
  };
}

function readFormat(option: string, word: string): Format {
  const format = FORMATS.find((known) => known === word);
  if (format === undefined)
    throw new UsageError(`${option} must be one of ${FORMATS.join(', ')}, got ${word}`);
  return format;
}
