import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { renderSarif } from '../../../../infra/diff/render/render-sarif.ts';
import { pullRequestReport, PULL_REQUEST } from '../pull-request.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const schema = JSON.parse(readFileSync(join(import.meta.dirname, 'sarif-2.1.0.json'), 'utf8')) as object;
const isSarif = new Ajv({ strict: false, validateFormats: false }).compile(schema);
const report = await pullRequestReport();

interface Region {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number };
  };
}
interface Log {
  readonly runs: readonly [
    {
      readonly results: readonly {
        readonly ruleId: string;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly Region[];
        readonly relatedLocations?: readonly Region[];
        readonly suppressions?: readonly object[];
      }[];
    },
  ];
}
const log = JSON.parse(renderSarif(report)) as Log;
const [{ results }] = log.runs;

test('the file is SARIF 2.1.0, by the published schema', () => {
  assert.ok(isSarif(log), JSON.stringify(isSarif.errors, undefined, 2));
});

test('the schema refuses a line 0, a level that there is not, and a result without a message', () => {
  const [first] = results;
  const place = { artifactLocation: { uri: 'a.ts' }, region: { startLine: 0 } };
  for (const wrong of [
    { ...first, locations: [{ physicalLocation: place }] },
    { ...first, level: 'fatal' },
    { ...first, message: undefined },
  ]) {
    const [run] = log.runs;
    const broken: unknown = JSON.parse(JSON.stringify({ ...log, runs: [{ ...run, results: [wrong] }] }));
    assert.ok(!isSarif(broken));
  }
});

/** The line of the head at which a result is shown. */
function lineAt({ physicalLocation: { artifactLocation, region } }: Region): string {
  const { uri } = artifactLocation;
  const edited = PULL_REQUEST.filter(({ file }) => file === uri).reduce(
    (text, { from, to }) => text.replace(from, to),
    readFileSync(join(ROOT, uri), 'utf8'),
  );
  return `${uri}: ${edited.split('\n')[region.startLine - 1]?.trim() ?? ''}`;
}

test('each cause is shown at the line that was changed, in every environment', () => {
  const production = 'infra/environments/production.ts';
  assert.deepEqual(
    results.map(({ ruleId, level, locations, relatedLocations = [] }) => [
      ruleId,
      level,
      ...[...locations, ...relatedLocations].map((region) => lineAt(region).slice(0, 70)),
    ]),
    [
      ['data-at-risk', 'error', `${production}: logVolume: '150Gi',`],
      [
        'exposure',
        'warning',
        `${production}: exposure: { kind: 'node-port', hosts: ['a.exa`.slice(0, 70),
        `${production}: kafkaClientCidrs: ['10.9.0.0/16'],`,
      ],
      ...Array.from({ length: 3 }, () => [
        'version',
        'note',
        'infra/images.lock.json: "reference": "docker.io/fluent/fluentd-kubernetes-daemonset'.slice(0, 70),
      ]),
      ['rolling-restart', 'note', `${production}: sessionTimeout: '12s',`],
      ['applied-in-place', 'note', `${production}: retention: '10d',`],
    ],
  );
  assert.match(
    results[1]?.message.text ?? '',
    /^exposure: production: brokers are opened to 10\.9\.0\.0\/16/,
  );
});

test('what a reviewer approved is told as suppressed', () => {
  const [worst] = report.causes.filter(({ properties }) => properties[0]?.path === 'kafka.logVolume');
  const approved = JSON.parse(renderSarif({ ...report, approved: [worst?.id ?? ''] })) as Log;
  assert.ok(isSarif(approved));
  const suppressed = approved.runs[0].results.filter(({ suppressions }) => suppressions !== undefined);
  assert.deepEqual(
    suppressed.map(({ ruleId }) => ruleId),
    ['data-at-risk'],
  );
});
