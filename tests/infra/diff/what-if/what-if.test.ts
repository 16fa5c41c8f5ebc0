import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { mergeAttributions } from '../../../../infra/diff/causes/attribute.ts';
import { loadCode } from '../../../../infra/diff/causes/checkout-code.ts';
import { UsageError } from '../../../../infra/command-line.ts';
import { parseOptions } from '../../../../infra/diff/options.ts';
import { openWhatIf } from '../../../../infra/diff/what-if/open-what-if.ts';
import { parseSet, setProperties, type SetProperty } from '../../../../infra/diff/what-if/set-property.ts';
import { answerWhatIf } from '../../../../infra/diff/what-if/what-if.ts';
import type { Tree } from '../../../../infra/diff/tree.ts';
import { environments } from '../../../../infra/environments/environments.ts';
import { plain } from '../pull-request.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const code = await loadCode(ROOT);
const values = Object.fromEntries(Object.values(environments).map((value) => [value.name, plain(value)]));

function setsOf(...texts: readonly string[]): readonly SetProperty[] {
  return texts.flatMap((text) => parseSet(text) ?? []);
}

function answer(names: readonly string[], ...texts: readonly string[]) {
  return answerWhatIf(values, { sets: setsOf(...texts), environments: names }, code);
}

test('a value is JSON where it can be, else text; none leaves the property out', () => {
  assert.deepEqual(setsOf('kafka.brokers=5', 'strict=false', 'a=200Gi', 'b=["x"]', 'c=', 'd=e=f', '5'), [
    { property: 'kafka.brokers', value: 5 },
    { property: 'strict', value: false },
    { property: 'a', value: '200Gi' },
    { property: 'b', value: ['x'] },
    { property: 'c' },
    { property: 'd', value: 'e=f' },
  ]);
});

test('a property is set where it stands, also below a name with points', () => {
  const value: Tree = { topics: { 'my.topic': { partitions: 3 } }, kafka: { brokers: 3, heap: '1Gi' } };
  assert.deepEqual(
    setProperties(value, setsOf('topics.my.topic.partitions=6', 'kafka.heap=', 'kafka.rack=none')),
    {
      topics: { 'my.topic': { partitions: 6 } },
      kafka: { brokers: 3, rack: 'none' },
    },
  );
});

test('of every environment that is asked for, the changes of the values are told with their cause', () => {
  const found = answer(['production', 'staging'], 'kafka.brokers=5');
  assert.deepEqual([...found.keys()], ['production', 'staging']);
  const { changes, causes } = mergeAttributions(
    new Map([...found].map(([name, { attribution }]) => [name, attribution])),
  );
  assert.ok(changes.some(({ path, after }) => path === 'spec.replicas' && after === 5));
  assert.deepEqual(
    causes.map(({ environments: places, properties }) => [places, properties]),
    [[['production', 'staging'], [{ path: 'kafka.brokers', before: 3, after: 5 }]]],
  );
  assert.equal(answer([], 'logging.retention=8d').size, 4);
});

test('bad input is refused with what is allowed and the nearest name', () => {
  assert.throws(
    () => answer(['production'], 'kafka.brokrs=5'),
    /^Error: production does not synthesize with these values:[^]*kafka\.brokrs: unknown key, did you mean brokers\?/,
  );
  assert.throws(
    () => answer(['production'], 'topics.evnts.retention=3d'),
    /topics\.evnts does not exist, did you mean events\?$/,
  );
  assert.throws(
    () => answer(['production'], 'kafka.brokers=many'),
    /kafka\.brokers: must be a number, got "many"/,
  );
  assert.throws(() => answer(['production'], 'kafka.logVolume=1Gi'), /logVolume must be at least \d+ GiB/);
  assert.throws(
    () => answer(['prodution'], 'kafka.brokers=5'),
    /--environment must be one of .*, got prodution: did you mean production\?/,
  );
});

test('the command line asks what if, or compares revisions, and not both', () => {
  const options = parseOptions(['--set', 'kafka.brokers=5', '--set', 'kafka.heap=', '--watch']);
  assert.deepEqual(options?.sets, [{ property: 'kafka.brokers', value: 5 }, { property: 'kafka.heap' }]);
  assert.deepEqual([options.base, options.watch], [undefined, true]);
  assert.equal(parseOptions(['--watch'])?.base, 'HEAD');
  for (const [args, message] of [
    [['--set', 'kafka.brokers'], /--set must be PROPERTY=VALUE, got kafka\.brokers/],
    [['--set', 'a=1', '--base', 'main'], /--set must be given without --base and --head/],
    [['--set', 'a=1', '--head', 'main'], /--set must be given without --base and --head/],
    [[], /--base must name a revision, got nothing/],
  ] as const) {
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  }
});

test('the report of a question says what is asked, and at which line it would be changed', async () => {
  const question = { sets: setsOf('kafka.logVolume=300Gi'), environments: ['production'] };
  const report = await openWhatIf(ROOT, question, []).report();
  assert.equal(report.head.name, 'with kafka.logVolume=300Gi');
  assert.deepEqual(
    report.changes.map(({ consequence }) => consequence),
    ['capacity'],
  );
  assert.equal(report.causes[0]?.effects['production']?.lines?.[0]?.file, 'infra/environments/production.ts');
  await assert.rejects(
    openWhatIf(ROOT, { ...question, sets: setsOf('kafka.x=1') }, []).report(),
    /kafka\.x: unknown key/,
  );
});
