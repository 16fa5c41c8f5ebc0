import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { Gauge, type Registry } from 'prom-client';
import type { KafkaConnection } from './config.ts';

/**
 * Counts what brokers show: when the first certificate of a broker's chain ends, as of the last connection to it. A broker
 * keeps what it read when it started, whatever has been renewed since.
 *
 * @returns the same connection, by which brokers are to be reached from then on
 */
export function watchCertificates(connection: KafkaConnection, registry: Registry): KafkaConnection {
  const { tls } = connection;
  if (tls === undefined) return connection;
  const expiration = new Gauge({
    name: 'headwater_kafka_certificate_expiration_timestamp_seconds',
    help: 'When the certificate that a broker showed last, or an authority of it, ends, in seconds since the epoch',
    labelNames: ['broker'],
    registers: [registry],
  });
  return {
    ...connection,
    tls: {
      ...tls,
      checkServerIdentity: (broker, certificate) => {
        expiration.set({ broker }, firstEnd(certificate) / 1000);
        return checkServerIdentity(broker, certificate);
      },
    },
  };
}

/** Milliseconds since the epoch at which the first of a chain ends. */
function firstEnd(certificate: PeerCertificate): number {
  const ends: number[] = [];
  const seen = new Set<PeerCertificate>();
  // The root is its own issuer; a chain may also end where nothing more is known.
  for (
    let current: PeerCertificate | undefined = certificate;
    current !== undefined && !seen.has(current);
    current = (current as { readonly issuerCertificate?: PeerCertificate }).issuerCertificate
  ) {
    seen.add(current);
    ends.push(Date.parse(current.valid_to));
  }
  return Math.min(...ends);
}
