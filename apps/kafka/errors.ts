import { protocolErrorsCodesById } from './client.ts';

export const NONE = 0;

/** Protocol errors that the programs handle by name: https://kafka.apache.org/protocol#protocol_error_codes */
export const codes = {
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  coordinatorLoadInProgress: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  memberIdRequired: 79,
  fencedInstanceId: 82,
  unknownTopicId: 100,
  inconsistentTopicId: 103,
} as const;

/** Errors that last until an operator changes permissions or the configuration of the cluster. */
const LASTING: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'UNSUPPORTED_VERSION',
  'INVALID_TOPIC_EXCEPTION',
]);

/** A response with an error code. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: number;
  readonly passes: boolean;

  constructor(request: string, code: number) {
    const id = errorName(code);
    super(`${request}: ${id}`);
    this.code = code;
    this.passes = !LASTING.has(id);
  }
}

/** The name in Kafka's Errors.java. */
export function errorName(code: number): string {
  const names: Readonly<Record<number, string | undefined>> = protocolErrorsCodesById;
  return names[code] ?? `error ${code}`;
}

/** Why a request failed, and whether a retry may succeed. */
export interface Failure {
  readonly message: string;
  readonly passes: boolean;
}

/** The error and its causes in one line. */
export function kafkaFailure(error: unknown): Failure {
  if (error instanceof KafkaError) return error;
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error && messages.length < 4; cause = causeOf(cause)) {
    messages.push(cause.message);
  }
  return { message: messages.join(': '), passes: true };
}

function causeOf(error: Error): unknown {
  return error instanceof AggregateError ? (error.errors as unknown[])[0] : error.cause;
}
