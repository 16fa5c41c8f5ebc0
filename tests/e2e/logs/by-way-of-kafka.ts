import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LOG_LANES, type LogLane, logTopic } from '../../../infra/constructs/logs/filebeat-configuration.ts';
import type { Environment } from '../../../infra/environments/environment.ts';
import type { LogBuffer } from '../../../infra/environments/logging.ts';
import { filebeatBuffer, filebeatLogging } from '../../infra/log-settings.ts';
import type { KafkaUnderTest } from '../../integration/producer/kafka-under-test.ts';
import type { StandInSearch } from '../../search/stand-in-search.ts';
import type { Collector } from './collector.ts';
import { Filebeat } from './filebeat.ts';
import { environmentFor } from './rendered.ts';

/** The brokers' address in the manifests. */
const BOOTSTRAP = 'kafka-bootstrap.headwater.svc.cluster.local:9092';

export interface ByWayOfKafkaOptions {
  readonly program: string;
  readonly kafka: KafkaUnderTest;
  readonly root: string;
  readonly search: StandInSearch;
  /** Lanes that have an indexer. */
  readonly lanes: readonly LogLane[];
  /** @default as large as production's would be, with Filebeat as the indexer */
  readonly buffer?: LogBuffer;
}

/** The shipper of a node, a real Kafka with topics of the test's own, and indexers of some of the lanes. */
export class ByWayOfKafka implements Collector {
  /** Before each topic's name in the manifests. */
  readonly prefix: string;
  readonly shipper: Filebeat;
  readonly indexers: readonly Filebeat[];

  private constructor(prefix: string, shipper: Filebeat, indexers: readonly Filebeat[]) {
    this.prefix = prefix;
    this.shipper = shipper;
    this.indexers = indexers;
  }

  static async create(options: ByWayOfKafkaOptions): Promise<ByWayOfKafka> {
    const { program, kafka, root, search, lanes, buffer = filebeatBuffer } = options;
    const prefix = `t${randomBytes(4).toString('hex')}-`;
    for (const lane of LOG_LANES) await kafka.makeTopic(`${prefix}${logTopic(lane)}`, 1);
    const environment = plaintext(environmentFor(search, filebeatLogging(buffer)));
    const replaced = {
      [BOOTSTRAP]: kafka.kafka.bootstrapServers,
      'logs-': `${prefix}logs-`,
      // An indexer finds its lines at once, not after the group's usual pause.
      'group_id: ': `group_id: ${prefix}`,
    };
    const shared = { program, search, environment, replaced };
    const shipper = await Filebeat.create({ ...shared, root });
    const indexers: Filebeat[] = [];
    for (const lane of lanes) {
      const own = join(root, lane);
      await mkdir(own);
      indexers.push(await Filebeat.create({ ...shared, root: own, workload: `log-indexer-${lane}` }));
    }
    return new ByWayOfKafka(prefix, shipper, indexers);
  }

  async start(): Promise<void> {
    for (const part of [this.shipper, ...this.indexers]) await part.start();
  }

  async stop(): Promise<void> {
    for (const part of [this.shipper, ...this.indexers]) await part.stop();
  }

  async kill(): Promise<void> {
    for (const part of [this.shipper, ...this.indexers]) await part.kill();
  }

  async refused(): Promise<number> {
    const counts = await Promise.all(this.indexers.map((indexer) => indexer.refused()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Kafka takes the whole log, and an indexer as much of it as its queue holds. */
  async holdsBack(): Promise<boolean> {
    const full = await Promise.all(this.indexers.map((indexer) => indexer.holdsBack()));
    return full.some(Boolean);
  }
}

function plaintext(environment: Environment): Environment {
  return { ...environment, kafka: { ...environment.kafka, security: { protocol: 'plaintext' } } };
}
