import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { LineEncoder } from '../../apps/consumer/object/line-encoder.ts';
import { commandOutput } from '../../infra/local/command.ts';
import { needs } from '../runner/needs.ts';
import { oddTimestamps, oddValues } from '../apps/consumer/object/odd-records.ts';

const PAGE = new URL('../../docs/objects.md', import.meta.url);
const CHAIN = 'events/uploads/UMHnOHZ4RxCQCfi4OjdJ3Q/0';

/** Of the odd values, those that come out as JSON with `{"event":"click"}` at the top. */
const CLICKS = 3;

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headwater-readers-'));
  await mkdir(join(directory, CHAIN), { recursive: true });
  const encoder = new LineEncoder();
  const lines = oddValues.map(([, value], offset) => {
    const timestamp = oddTimestamps[offset % oddTimestamps.length] ?? 0n;
    const key = Buffer.from(offset % 2 === 0 ? 'key "1"\n\u0000' : [255]);
    const headers = [{ name: Buffer.from([255]), value: null }];
    return Buffer.concat([...encoder.encode({ offset, timestamp, key, value, headers }).pieces]);
  });
  const half = Math.ceil(lines.length / 2);
  for (const [start, part] of [
    [0, lines.slice(0, half)],
    [half, lines.slice(half)],
  ] as const) {
    const name = `${String(start).padStart(20, '0')}.ndjson.gz`;
    await writeFile(join(directory, CHAIN, name), gzipSync(Buffer.concat(part)));
  }
});
after(() => rm(directory, { recursive: true }));

/** The example of the page in a language, made to read here. */
async function example(language: string): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  const section = page.slice(page.indexOf('## Reading them'), page.indexOf('## Keeping and deleting them'));
  const [, code] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(section) ?? assert.fail(language);
  return (code ?? '').replaceAll(/s3a?:\/\/BUCKET/g, directory);
}

const python = (script: string, ...args: string[]): Promise<string> =>
  commandOutput('python3', ['-c', script, ...args], { host: process, cwd: directory });

test('DuckDB reads every line with the query of the page', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const answer = await connection.runAndReadAll(await example('sql'));
    const rows = answer.getRows().map(([event, events]) => [event, Number(events)] as const);
    assert.equal(
      rows.reduce((sum, [, events]) => sum + events, 0),
      oddValues.length,
    );
    assert.equal(new Map(rows).get('click'), CLICKS);
    const query = (await example('sql'))
      .replace(/^SELECT[^;]*?FROM/s, 'SELECT "offset", "timestamp" FROM')
      .replace(/GROUP BY event/, 'ORDER BY "offset"');
    const numbers = (await connection.runAndReadAll(query)).getRows();
    assert.deepEqual(
      numbers.map(([, timestamp]) => timestamp),
      oddValues.map((_, offset) => oddTimestamps[offset % oddTimestamps.length]),
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});

test('jq reads every line with the commands of the page', needs('jq'), async () => {
  // What fetches the objects needs a bucket; the rest is run as it stands.
  const [fetching, reading] = (await example('sh')).trim().split('\n');
  assert.match(fetching ?? '', /^aws s3 sync \S+ partition-0\/$/);
  const script = `set -o pipefail; cp -r ${CHAIN} partition-0 && ${reading}`;
  const clicks = await commandOutput('bash', ['-c', script], { host: process, cwd: directory });
  assert.equal(clicks.split('\n').length, CLICKS);
  const all = `set -o pipefail; zcat partition-0/*.ndjson.gz | jq -c .offset | wc -l`;
  const count = await commandOutput('bash', ['-c', all], { host: process, cwd: directory });
  assert.equal(Number(count), oddValues.length);
});

test('Python reads every line with the script of the page', needs('pip3'), async () => {
  const files = await commandOutput('bash', ['-c', `ls ${CHAIN}/*.gz`], { host: process, cwd: directory });
  const counting = `${await example('python')}\nprint(len(list(events(sys.argv[1:]))), sum(1 for e in events(sys.argv[1:]) if isinstance(e.get('value'), dict) and e['value'].get('event') == 'click'))`;
  assert.equal(
    await python(`import sys\n${counting}`, ...files.split('\n')),
    `${oddValues.length} ${CLICKS}`,
  );
});

const hasSpark = spawnSync('python3', ['-c', 'import pyspark']).status === 0;

test(
  'Spark reads every line with the script of the page',
  { skip: !hasSpark && 'pyspark is not installed' },
  async () => {
    const script = [
      'from pyspark.sql import SparkSession',
      "spark = SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false').getOrCreate()",
      await example('python\n# Spark'),
      "print(events.count(), events.where('offset is null').count(), events.where(\"get_json_object(value, '$.event') = 'click'\").count())",
      "print([row.timestamp for row in events.orderBy('offset').collect()])",
    ].join('\n');
    const [counts, timestamps] = (await python(script)).split('\n');
    assert.equal(counts, `${oddValues.length} 0 ${CLICKS}`);
    const expected = oddValues.map((_, offset) => oddTimestamps[offset % oddTimestamps.length]);
    assert.equal(timestamps, `[${expected.join(', ')}]`);
  },
);
