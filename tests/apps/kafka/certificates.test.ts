import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { PeerCertificate } from 'node:tls';
import { Registry } from 'prom-client';
import { watchCertificates } from '../../../apps/kafka/certificates.ts';
import { makeCertificate } from '../../pulumi/stack/certificate.ts';

const CONNECTION = { bootstrapBrokers: ['kafka:9093'], tls: { ca: 'an authority' } };
const METRIC = 'headwater_kafka_certificate_expiration_timestamp_seconds';

/** A certificate as a connection has it. */
function certificate(to: string, issuerCertificate?: PeerCertificate): PeerCertificate {
  const { certificate: text } = makeCertificate({ hosts: ['kafka-0'], to: new Date(to) });
  return Object.assign(new X509Certificate(text).toLegacyObject(), { issuerCertificate });
}

/** Shows certificates of a broker, one connection after the other. @returns the metric's line for it */
async function shown(...certificates: readonly PeerCertificate[]): Promise<string | undefined> {
  const registry = new Registry();
  const { tls } = watchCertificates(CONNECTION, registry);
  for (const each of certificates) assert.equal(tls?.checkServerIdentity?.('kafka-0', each), undefined);
  const line = (await registry.metrics()).split('\n').find((text) => text.startsWith(METRIC));
  return line?.slice(METRIC.length);
}

function at(time: string): string {
  return `{broker="kafka-0"} ${Date.parse(time) / 1000}`;
}

test('when the certificate of a broker ends is a metric, as of the last connection to it', async () => {
  const first = certificate('2031-03-01T00:00:00Z');
  assert.equal(await shown(first), at('2031-03-01T00:00:00Z'));
  assert.equal(await shown(first, certificate('2033-03-01T00:00:00Z')), at('2033-03-01T00:00:00Z'));
});

test('an authority that ends before what it has signed counts', async () => {
  const root = certificate('2030-01-01T00:00:00Z');
  Object.assign(root, { issuerCertificate: root });
  assert.equal(await shown(certificate('2031-03-01T00:00:00Z', root)), at('2030-01-01T00:00:00Z'));
});

test('a certificate for another name is refused as it is without', () => {
  const { tls } = watchCertificates(CONNECTION, new Registry());
  const error = tls?.checkServerIdentity?.('kafka-1', certificate('2031-03-01T00:00:00Z'));
  assert.match(error?.message ?? '', /kafka-1\. is not in the cert's altnames/);
});

test('a connection in plain text has none', () => {
  const registry = new Registry();
  const connection = { bootstrapBrokers: ['kafka:9092'] };
  assert.equal(watchCertificates(connection, registry), connection);
  assert.deepEqual(registry.getMetricsAsArray(), []);
});
