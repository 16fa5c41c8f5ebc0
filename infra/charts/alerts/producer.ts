import { PRODUCER } from '../../constructs/events/producer.ts';
import type { Environment } from '../../environments/environment.ts';
import { atMaximum, notReady } from './scaled.ts';
import { ofWorkload, type WatchingAlert } from './series.ts';

/** Responses after which an event may not be stored, though the client made no mistake. */
export const FAILED_CODES = [
  'broker_unavailable',
  'queue_full',
  'unknown_outcome',
  'internal_error',
] as const;
/** Share of failed events at which the alert pages: clients give up on them sooner or later. */
const CRITICAL_SHARE = 0.05;

/** Events that clients cannot deliver. */
export function producerAlerts({ namespaces, producer }: Environment): readonly WatchingAlert[] {
  const labels = ofWorkload(namespaces.pipeline, PRODUCER);
  const answered = (codes: readonly string[]): string =>
    `sum(rate(headwater_producer_records_total{${labels},code=~"${codes.join('|')}"}[5m]))`;
  return [
    ...notReady({
      names: ['ProducersNotReady', 'ProducersMissing'],
      labels,
      minimum: producer.replicas.min,
      what: 'producers',
      none: 'The edge answers every upload with 503. /readyz of a producer has the reason. If all of them are ready, find out why Prometheus does not reach them.',
    }),
    {
      name: 'EventsRefused',
      expression: `${answered(FAILED_CODES)} > 0`,
      lasting: '10m',
      severity: 'warning',
      summary: 'For ten minutes the producer has refused events, or could not learn their outcome',
      action: 'Clients retry, and give up after some time. Check the brokers and the producer’s queue.',
    },
    {
      name: 'EventsRefusedAtLarge',
      expression: `${answered(FAILED_CODES)} / ${answered(['stored', ...FAILED_CODES])} > ${CRITICAL_SHARE}`,
      lasting: '5m',
      severity: 'critical',
      summary: '{{ $value | humanizePercentage }} of the events get 5xx',
      action: 'Clients retry, and give up after some time. Check the brokers and the producer’s queue.',
    },
    ...atMaximum('ProducersAtMaximum', 'producers', labels, producer.replicas),
  ];
}
