import { kafkaConnection, kafkaVariables, type KafkaConnection } from '../../../apps/kafka/config.ts';
import { readVariables } from '../../../apps/service/variables.ts';

/** @param env TLS and login, as the variables of the programs. @throws {VariablesError} naming every bad variable */
export function connectionTo(
  bootstrapServers: string,
  env: Readonly<Record<string, string | undefined>> = {},
): KafkaConnection {
  return kafkaConnection(
    readVariables(kafkaVariables, { ...env, KAFKA_BOOTSTRAP_SERVERS: bootstrapServers }),
  );
}
