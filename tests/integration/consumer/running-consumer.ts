import { Writable } from 'node:stream';
import { Registry } from 'prom-client';
import type { ConsumerConfig } from '../../../apps/consumer/config.ts';
import { Consumer } from '../../../apps/consumer/consumer.ts';
import { createLog } from '../../../apps/service/log.ts';
import { waitUntil } from '../../../infra/local/wait.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The consumer without its HTTP side, in this process. */
export class RunningConsumer {
  readonly logged: LogLine[] = [];
  readonly started: Promise<void>;
  readonly #registry = new Registry();
  readonly #consumer: Consumer;
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;

  constructor(config: ConsumerConfig) {
    const destination = new Writable({
      write: (line: Buffer, _encoding, done) => {
        this.logged.push(JSON.parse(line.toString()) as LogLine);
        done();
      },
    });
    this.#consumer = new Consumer(
      config,
      this.#registry,
      createLog('consumer', config.logLevel, destination),
    );
    this.started = this.#consumer.start(this.#stopping.signal);
    this.started.catch(() => undefined);
  }

  get notReady(): string | undefined {
    return this.#consumer.notReady;
  }

  /** Waits for a log line. */
  line(message: RegExp, deadlineMs = 20_000): Promise<LogLine> {
    return waitUntil(() => this.logged.find(({ msg }) => message.test(msg)), {
      what: `logged: ${message.source}`,
      deadlineMs,
    });
  }

  /** The sum of a metric over the series whose labels fit. */
  async metric(name: string, labels: Readonly<Record<string, string | number>> = {}): Promise<number> {
    const found = await this.#registry.getSingleMetric(`headwater_consumer_${name}`)?.get();
    if (found === undefined) throw new Error(`no metric ${name}`);
    return found.values
      .filter((series) => Object.entries(labels).every(([label, value]) => series.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** How many series a metric has. */
  async series(name: string): Promise<number> {
    const found = await this.#registry.getSingleMetric(`headwater_consumer_${name}`)?.get();
    return found?.values.length ?? 0;
  }

  /** Ends it as SIGTERM would. May be called twice. */
  stop(withinMs = 10_000): Promise<void> {
    this.#stopping.abort();
    return (this.#stopped ??= this.#consumer.stop(performance.now() + withinMs));
  }
}
