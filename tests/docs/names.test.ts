// What a document names, a reader types: it must be there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { fastify } from 'fastify';
import { Registry } from 'prom-client';
import { addConsumerGauges, consumerMetrics } from '../../apps/consumer/metrics.ts';
import {
  addDeliveryGauges,
  addSourceMetrics,
  deliveryMetrics,
  httpMetrics,
} from '../../apps/producer/metrics.ts';
import { addHealthRoutes } from '../../apps/service/health.ts';
import { watchCertificates } from '../../apps/kafka/certificates.ts';

const ROOT = join(import.meta.dirname, '../..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));

interface Document {
  readonly path: string;
  readonly text: string;
}

/** Something that documents name, and where it must be. */
interface Check {
  readonly title: string;
  readonly documents: readonly Document[];
  readonly namesIn: (document: Document) => readonly string[];
  readonly isThere: (name: string, document: Document) => boolean;
  /** Fewer names than these would mean that they are not found any more. */
  readonly atLeast: number;
  /** Text that names what is nowhere, and the name that must be reported. */
  readonly seeded: readonly [text: string, name: string];
}

function read(paths: readonly string[]): readonly Document[] {
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** A block of code, or what stands between backticks. */
const CODE = /```[^\n]*\n([^]*?)```|`([^`\n]+)`/g;

function codeIn({ text }: Document): readonly string[] {
  return [...text.matchAll(CODE)].map(([, block, inline]) => block ?? inline ?? '');
}

function allOf(pattern: RegExp, text: string): readonly string[] {
  return [...text.matchAll(pattern)].map(([whole, part]) => part ?? whole);
}

const documents = read(tracked.filter((path) => path.endsWith('.md')));
const sources = read(
  tracked.filter(
    (path) =>
      path !== 'tests/docs/names.test.ts' &&
      /\.(ts|mjs|cjs|js|sh|java|yml|json|xml)$|(^|\/)(Dockerfile|run)$/.test(path),
  ),
);
/** What a program says of its own use, as a block of code. */
const usages = sources.flatMap(({ path, text }) =>
  allOf(/\bUSAGE = `([^`]*)`/g, text).map((usage) => ({ path, text: `\`\`\`\n${usage}\n\`\`\`` })),
);
/** What an example of a change shows is no part of the project. */
const EXAMPLES = ['docs/diff.md', 'docs/diff/pull-request.md'];

const { commands } = (await import(new URL('../../bin/commands.mjs', import.meta.url).href)) as {
  readonly commands: object;
};
const firstWords = new Set(Object.keys(commands).map((name) => name.split(' ')[0]));

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** Made on the machine, or by who needs it. */
const MADE = ['dist', 'infra/diff/approvals.json', 'infra/environments/mine.ts'];
const folders = [...new Set(tracked.filter((path) => path.includes('/')).map((path) => path.split('/')[0]))];
const PATH = new RegExp(`^(${folders.join('|').replaceAll('.', '\\.')})/[\\w./*{},<>@-]+$`);

/** Read by programs that are not ours: the shell, Node, AWS' and Pulumi's tools. */
const FOREIGN_VARIABLES = /^(AWS_[A-Z_]+|PULUMI_[A-Z_]+|JAVA_HOME|NODE_ENV)$/;
const programs = sources.map(({ text }) => text).join('\n');

const registry = new Registry();
consumerMetrics(registry);
addConsumerGauges(registry, { consumption: {}, pools: {}, now: () => 0 } as never);
httpMetrics(registry);
deliveryMetrics(registry);
addDeliveryGauges(registry, {} as never);
addSourceMetrics(registry, { states: [] });
addHealthRoutes(fastify(), { registry, notReady: () => undefined });
watchCertificates({ bootstrapBrokers: [], tls: { ca: '' } }, registry);
/** The collector's own are counted by its configuration. */
const metrics = new Set([
  ...registry.getMetricsAsArray().map(({ name }) => name),
  ...sources
    .filter(({ path }) => path.startsWith('infra/constructs/'))
    .flatMap(({ text }) => allOf(/headwater_\w+/g, text)),
]);

const producer = sources.filter(({ path }) => path.startsWith('apps/producer/'));

const checks: readonly Check[] = [
  {
    title: 'npm script',
    documents: [...documents, ...sources],
    namesIn: ({ text }) => allOf(/\bnpm run (?:--silent |-s )?([a-z][\w:-]*)/g, text),
    isThere: (name) => name in scripts,
    atLeast: 50,
    seeded: ['Run `npm run --silent nothing` first.', 'nothing'],
  },
  {
    title: 'subcommand',
    documents: [...documents, ...sources],
    namesIn: ({ text }) => allOf(/\bnpx headwater ([a-z][a-z-]*)/g, text),
    isThere: (name) => firstWords.has(name),
    atLeast: 40,
    seeded: ['Run `npx headwater nothing --help` first.', 'nothing'],
  },
  {
    title: 'link within the repository',
    documents,
    namesIn: ({ text }) =>
      allOf(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g, text.replaceAll(CODE, '')).filter(
        (path) => !/^(https?|mailto):/.test(path),
      ),
    isThere: (path, document) => existsSync(join(ROOT, dirname(document.path), decodeURI(path))),
    atLeast: 50,
    seeded: ['See [there](nowhere.md#part).', 'nowhere.md'],
  },
  {
    title: 'path of the repository',
    documents: [...documents, ...usages],
    namesIn: (document) =>
      codeIn(document)
        .flatMap((code) => code.split(/[\s'"`()|=]+/))
        .map((word) => word.replace(/[.,:;]+$/, '').replace(/^\.\//, ''))
        .filter((word) => PATH.test(word))
        .filter((word) => !MADE.some((made) => word === made || word.startsWith(`${made}/`))),
    // In a folder's own page, paths begin there.
    isThere: (path, document) =>
      [ROOT, join(ROOT, dirname(document.path))].some(
        (base) => globSync(path.replaceAll(/<\w+>/g, '*'), { cwd: base }).length > 0,
      ),
    atLeast: 50,
    seeded: ['It is in `infra/<environment>/nowhere.ts`.', 'infra/<environment>/nowhere.ts'],
  },
  {
    title: 'variable of a program',
    documents: [...documents.filter(({ path }) => !EXAMPLES.includes(path)), ...usages],
    namesIn: (document) =>
      codeIn(document)
        .flatMap((code) => allOf(/(?<![\w<$-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])/g, code))
        .filter((name) => !FOREIGN_VARIABLES.test(name)),
    isThere: (name) => new RegExp(`\\b${name}\\b`).test(programs),
    atLeast: 30,
    seeded: ['Set `NO_SUCH_VARIABLE=1`.', 'NO_SUCH_VARIABLE'],
  },
  {
    title: 'metric of ours',
    documents,
    namesIn: ({ text }) => allOf(/\bheadwater_[a-z_]*[a-z](?![a-z_*])/g, text),
    isThere: (name) => metrics.has(name) || metrics.has(name.replace(/_(bucket|sum|count)$/, '')),
    atLeast: 8,
    seeded: ['`headwater_nothing_total` counts it.', 'headwater_nothing_total'],
  },
  {
    title: 'error of the HTTP API, with its status',
    documents: documents.filter(({ path }) => path === 'docs/http.md'),
    namesIn: ({ text }) =>
      [...text.matchAll(/^\| *(\d{3}(?:, *\d{3})*) *\| *(`[^|]*)\|/gm)].flatMap(
        ([, statuses = '', codes = '']) => allOf(/`([a-z_]+)`/g, codes).map((code) => `${statuses} ${code}`),
      ),
    isThere: (name) => {
      const [code = '', ...statuses] = name.split(/,? +/).toReversed();
      return statuses.some((status) => {
        const near = new RegExp(`\\b${status}\\b[^]{0,150}'${code}'|'${code}'[^]{0,150}\\b${status}\\b`);
        return producer.some(({ text }) => near.test(text));
      });
    },
    atLeast: 15,
    seeded: ['| 503 | `nothing` | lost | no |', '503 nothing'],
  },
];

function missing({ documents: all, namesIn, isThere }: Check): readonly string[] {
  return all.flatMap((document) =>
    [...new Set(namesIn(document))]
      .filter((name) => !isThere(name, document))
      .map((name) => `${document.path}: ${name}`),
  );
}

for (const check of checks) {
  const { title, namesIn, atLeast, seeded } = check;
  suite(`every ${title} that a document or a usage text names is there`, () => {
    test('in every one of them', () => {
      assert.ok(check.documents.flatMap(namesIn).length >= atLeast);
      assert.deepEqual(missing(check), []);
    });
    test('one that is not is found', () => {
      const [text, name] = seeded;
      const path = 'docs/seeded.md';
      assert.deepEqual(missing({ ...check, documents: [{ path, text }] }), [`${path}: ${name}`]);
    });
  });
}
