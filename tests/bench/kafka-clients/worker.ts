/** Makes one measurement with one client, in a process of its own: its processor time is the client's. */
import { createRequire } from 'node:module';
import type { KafkaClient, Target } from './client.ts';
import { confluent } from './clients/confluent.ts';
import { headwater } from './clients/headwater.ts';
import { kafkajs } from './clients/kafkajs.ts';
import { nodeRdkafka } from './clients/node-rdkafka.ts';
import { platformaticProducer } from './clients/platformatic-producer.ts';
import { platformaticSerial } from './clients/platformatic-serial.ts';
import { fillBacklog, measureConsume } from './consume.ts';
import { measureFailover } from './failover.ts';
import type { ClientName, Measure } from './packages.ts';
import { measureProduce } from './produce.ts';

export interface Job {
  client: ClientName;
  measure: Measure | 'fill';
  target: Target;
  /** The directory whose node_modules hold the client's package. */
  directory: string;
}

/** From the worker: the end of the measurement, or a broker that the parent shall kill. */
export type Message = { result: object } | { kill: number };

const connect: Record<ClientName, (require: NodeJS.Require) => KafkaClient> = {
  headwater: () => headwater('without-keys'),
  'headwater-with-keys': () => headwater('with-keys'),
  'platformatic-serial': () => platformaticSerial,
  'platformatic-producer': () => platformaticProducer,
  confluent,
  'node-rdkafka': nodeRdkafka,
  kafkajs,
};

function run({ client: name, measure, target, directory }: Job): Promise<object> {
  const client = connect[name](createRequire(`${directory}/package.json`));
  switch (measure) {
    case 'single-64':
      return measureProduce(client, target, { senders: 64, recordsPerSend: 1 });
    case 'single-1000':
      return measureProduce(client, target, { senders: 1_000, recordsPerSend: 1 });
    case 'batch':
      return measureProduce(client, target, { senders: 6, recordsPerSend: 500 });
    case 'fill':
      return fillBacklog(client, target);
    case 'consume':
      return measureConsume(client, target);
    case 'failover':
      return measureFailover(client, target, killBroker);
  }
}

/** Resolves once the parent, which owns the brokers, has killed it. */
function killBroker(id: number): Promise<void> {
  return new Promise((resolve) => {
    process.once('message', () => resolve());
    send({ kill: id });
  });
}

function send(message: Message): void {
  process.send?.(message);
}

const limitMs = 120_000;
setTimeout(() => {
  process.stderr.write(`no result within ${limitMs} ms\n`);
  process.exit(1);
}, limitMs).unref();

send({ result: await run(JSON.parse(process.argv[2] ?? '') as Job) });
// Not every client lets go of the process when it is closed.
process.disconnect();
setTimeout(() => process.exit(0), 100);
