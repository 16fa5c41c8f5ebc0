import { Size } from 'cdk8s';
import { kraft, zookeeper } from '../../../../infra/constructs/kafka/kafka-metadata.ts';
import { Kafka, type KafkaProps } from '../../../../infra/constructs/kafka/kafka.ts';
import { find, synthesize, valueAt, type Manifest } from '../../manifests.ts';

export const endpoint = { connect: 'zookeeper-0:2181' };
/** Brokers that are also controllers. */
export const combined = kraft({
  version: '4.4.0',
  clusterId: 'c3RhZ2luZy1oZWFkd2F0ZQ',
  controllers: { placement: 'combined' },
});
/** Brokers beside three controllers. */
export const separate = kraft({
  version: '4.4.0',
  clusterId: 'c3RhZ2luZy1oZWFkd2F0ZQ',
  controllers: {
    placement: 'separate',
    replicas: 3,
    volume: Size.gibibytes(10),
    cpuMillicores: 100,
    memory: Size.gibibytes(1),
    heap: Size.mebibytes(384),
  },
});
/** The required properties, with ZooKeeper. */
export const minimal: KafkaProps = {
  namespace: 'headwater',
  image: 'kafka:1',
  metadata: zookeeper(endpoint, { version: '3.9.2' }),
  brokers: 3,
  cpuMillicores: 500,
  memory: Size.gibibytes(2),
  logVolume: Size.gibibytes(20),
  spread: 'required',
};

export function synthesizeKafka(changes: Partial<KafkaProps> = {}): readonly Manifest[] {
  return synthesize((chart) => new Kafka(chart, 'Kafka', { ...minimal, ...changes }));
}

/** A file of a ConfigMap. */
export function fileOf(manifests: readonly Manifest[], file: string, name = 'kafka-config'): string {
  return String(valueAt(find(manifests, 'ConfigMap', name), 'data', file));
}

/** The first container of a StatefulSet. */
export function containerOf(manifests: readonly Manifest[], name = 'kafka'): unknown {
  return valueAt(find(manifests, 'StatefulSet', name), 'spec', 'template', 'spec', 'containers', 0);
}
