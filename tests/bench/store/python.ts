import { fileURLToPath } from 'node:url';
import { ownStore } from '../../../infra/local/up/store-access.ts';
import type { Sample } from '../bench.ts';
import type { Lab } from '../lab.ts';
import { pythonStack } from '../rivals/python.ts';
import { timedCommand } from '../timed-command.ts';

const PROGRAM = fileURLToPath(new URL('../rivals/python_store.py', import.meta.url));

export interface PythonStore {
  /** A consumer group and a prefix of its own. */
  readonly name: string;
  /** Of one object. */
  readonly maxRecords: number;
  readonly codec: 'none' | 'gzip';
  readonly records: number;
  /** It stops after so long, with what it has stored by then: a whole backlog would take it minutes. */
  readonly seconds: number;
}

/** kafka-python and boto3. Time and processor time are its own, from its first message. */
export async function storeWithPython(
  lab: Lab,
  topic: string,
  { name, maxRecords, codec, records, seconds }: PythonStore,
): Promise<Pick<Sample, 'perSecond' | 'cpuSecondsPerMillion'>> {
  const { kafka, store, signal } = lab;
  const environment = {
    ...(await pythonStack('boto3')),
    KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    KAFKA_TOPIC: topic,
    ...ownStore(store).variables,
    STORE_PREFIX: name,
    MAX_RECORDS: String(maxRecords),
    CODEC: codec,
    RECORDS: String(records),
    SECONDS: String(seconds),
  };
  try {
    const { output } = await timedCommand(['python3', PROGRAM], { host: process, signal, environment });
    const said = output.split('\n').find((line) => line.startsWith('{')) ?? '';
    const figures = JSON.parse(said) as { stored: number; seconds: number; cpu: number };
    return {
      perSecond: figures.stored / figures.seconds,
      cpuSecondsPerMillion: (figures.cpu * 1e6) / figures.stored,
    };
  } finally {
    await lab.removeObjects(name);
  }
}
