import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { DYNAMIC_BROKER_PROPERTIES } from '../../infra/diff/rules/dynamic-broker-properties.ts';
import { commandOutput } from '../../infra/local/command.ts';
import { Toolchain } from '../../infra/local/toolchain.ts';

/** Told as exposure by other rules, whether a broker restarts for them or not. */
const EXPOSURE = /listener|ssl|sasl/;
/** Set while a broker runs alone: they cannot stand in server.properties. */
const NOT_IN_THE_FILE =
  /\.replication\.throttled\.rate$|^replica\.alter\.log\.dirs\.io\.max\.bytes\.per\.second$/;

test('the properties that are said to be dynamic are those that Kafka itself takes while it runs', async () => {
  const { java, classPath } = await new Toolchain({ host: process }).javaServer('kafka/3.9');
  const source = join(import.meta.dirname, 'DynamicProperties.java');
  const printed = await commandOutput(java, ['-cp', classPath, source], {
    host: process,
    cwd: import.meta.dirname,
  });
  const dynamic = printed.split('\n').filter((name) => !EXPOSURE.test(name) && !NOT_IN_THE_FILE.test(name));
  assert.deepEqual([...DYNAMIC_BROKER_PROPERTIES], dynamic);
});
