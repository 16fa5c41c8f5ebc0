import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { Gauge, type Registry } from 'prom-client';
import type { KafkaConnection } from './config.ts';

/**
 * Adds a gauge for each broker: when its certificate expires, or an authority of it does, whichever is first. The gauge
 * shows the chain of the last connection: a broker keeps the certificate that it read at its start, even after a
 * renewal.
 *
 * @returns the connection options to use instead
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

/** The earliest expiration of a certificate in the chain, in milliseconds since the epoch. */
function firstEnd(certificate: PeerCertificate): number {
  const ends: number[] = [];
  const seen = new Set<PeerCertificate>();
  // A root certificate is its own issuer; the chain may also end early if the peer did not send all of it.
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
