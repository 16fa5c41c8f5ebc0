import type { Figures } from '../up/figures.ts';
import type { Rates, Sample } from '../up/history.ts';

/** One of the two programs. */
export interface ProgramStatus {
  readonly name: 'producer' | 'consumer';
  readonly state: 'ready' | 'not-ready' | 'away';
  readonly reason?: string;
}

export interface PartitionStatus {
  readonly partition: number;
  /** `unowned`: no consumer works on it; `stopped`: until an operator resumes it; `unknown`: the consumer does not answer. */
  readonly state: 'owned' | 'stopped' | 'unowned' | 'unknown';
  /** End of its chain: the offset after the last stored one. */
  readonly stored?: number;
  /** End of its log in Kafka. */
  readonly logEnd?: number;
  /** Records of the log that are not stored. */
  readonly lag?: number;
  /** Age of the first of them, by its own timestamp. */
  readonly waitingSeconds?: number;
  /** Until Kafka deletes it, at the earliest; absent if none waits, or Kafka keeps records whatever their age. */
  readonly secondsUntilLoss?: number;
  /** Offsets that Kafka deleted before they were stored, since the consumer started. */
  readonly lost?: number;
}

export interface Problem {
  /** For people. */
  readonly text: string;
  /** File and anchor below `docs/runbooks`. */
  readonly runbook: string;
}

/** What is known of a pipeline at one moment. A part that does not answer is absent. */
export interface StatusReport extends Partial<Figures> {
  /** ISO 8601. */
  readonly at: string;
  readonly programs: readonly ProgramStatus[];
  /** Of the last minute. */
  readonly rates: Rates;
  readonly partitions: readonly PartitionStatus[];
  /** Age at which Kafka deletes records; absent if Kafka does not answer, or keeps them. */
  readonly retentionSeconds?: number;
  /** Why Kafka could not be asked. */
  readonly kafkaAway?: string;
  /** Why the store could not be read. */
  readonly storeAway?: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
  /** Of the last hour. */
  readonly samples: readonly Sample[];
}

/** Five flush intervals of 30 s, as the alert EventsNotStored in production. */
const SLOW_SECONDS = 150;

/** What is wrong, the worst first, each with the runbook of the alert for it. */
export function findProblems(report: Omit<StatusReport, 'problems'>): Problem[] {
  const { programs, partitions, rates, retentionSeconds, kafkaAway, storeAway } = report;
  const problems: Problem[] = [];
  const add = (runbook: string, text: string): number => problems.push({ text, runbook });
  const list = (matching: readonly PartitionStatus[]): string =>
    `partition${matching.length === 1 ? '' : 's'} ${matching.map(({ partition }) => partition).join(', ')}`;
  const lost = partitions.filter((partition) => (partition.lost ?? 0) > 0);
  if (lost.length > 0) {
    add(
      'consumers.md#eventslost',
      `Kafka deleted records of ${list(lost)} before they were stored: they are lost`,
    );
  }
  const urgent = partitions.filter(
    ({ secondsUntilLoss }) =>
      secondsUntilLoss !== undefined && secondsUntilLoss < (retentionSeconds ?? 0) / 2,
  );
  if (urgent.length > 0) {
    const seconds = Math.min(...urgent.map(({ secondsUntilLoss = 0 }) => secondsUntilLoss));
    add(
      'consumers.md#eventslostsoonbyage',
      `Kafka deletes records of ${list(urgent)} that are not stored ${seconds > 0 ? `in ${renderDuration(seconds)}` : 'at any moment'}`,
    );
  }
  if (kafkaAway !== undefined) add('kafka.md#kafkabrokersdown', `Kafka does not answer: ${kafkaAway}`);
  if (storeAway !== undefined) {
    add('consumers.md#eventsnotstored', `the object store cannot be read: ${storeAway}`);
  }
  for (const { name, state, reason = '' } of programs) {
    const runbook = name === 'producer' ? 'producers.md#producersnotready' : 'consumers.md#consumersnotready';
    if (state === 'away') add(runbook, `the ${name} does not answer: ${reason}`);
    if (state === 'not-ready') add(runbook, `the ${name} is not ready: ${reason}`);
  }
  const stopped = partitions.filter(({ state }) => state === 'stopped');
  if (stopped.length > 0) {
    add('consumers.md#partitionstopped', `the consumer has stopped ${list(stopped)}; its log has the reason`);
  }
  const unowned = partitions.filter(({ state }) => state === 'unowned');
  if (unowned.length > 0) add('consumers.md#partitionsunowned', `no consumer works on ${list(unowned)}`);
  const leaderless = partitions.filter(({ logEnd }) => kafkaAway === undefined && logEnd === undefined);
  if (leaderless.length > 0) {
    add('kafka.md#kafkapartitionsoffline', `Kafka refuses events of ${list(leaderless)}: no leader`);
  }
  const slow = partitions.filter(({ waitingSeconds = 0 }) => waitingSeconds > SLOW_SECONDS);
  if (slow.length > 0) {
    const longest = Math.max(...slow.map(({ waitingSeconds = 0 }) => waitingSeconds));
    add(
      'consumers.md#eventsnotstored',
      `records of ${list(slow)} have waited up to ${renderDuration(longest)} for the object store`,
    );
  }
  if (rates.refused !== undefined && rates.refused > 0) {
    add(
      'producers.md#eventsrefused',
      `the producer refuses ${renderRate(rates.refused)} events a second, or cannot say whether it has stored them`,
    );
  }
  return problems;
}

/** The two largest units, as `3 d 4 h`. */
export function renderDuration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const whole = Math.max(0, Math.round(seconds));
  const first = units.findIndex(([, size]) => whole >= size);
  if (first === -1) return '0 s';
  let left = whole;
  const parts = units.slice(first, first + 2).flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.join(' ');
}

export function renderCount(value: number | undefined): string {
  return value === undefined ? '?' : value.toLocaleString('en-US');
}

/** Events per second; one decimal below 10, unless it is whole. */
export function renderRate(perSecond: number): string {
  return perSecond.toLocaleString('en-US', { maximumFractionDigits: perSecond < 10 ? 1 : 0 });
}
