import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { certificateProblems, endingCertificates } from '../../../infra/pulumi/stack/certificates.ts';
import { production } from '../../../infra/environments/production.ts';
import { makeCertificate } from './certificate.ts';
import { configurationOf, deployUnderMocks } from '../program/stacks.ts';

const HOST = 'collect.example.com';
const good = makeCertificate({ hosts: [HOST] });
const other = makeCertificate({ hosts: ['other.example.com'] });
const ended = makeCertificate({ hosts: [HOST], to: new Date('2026-01-02T03:04:05Z') });
const future = makeCertificate({ hosts: [HOST], from: new Date('2040-01-01T00:00:00Z') });
const now = new Date('2026-11-01T00:00:00Z');
const broken = good.certificate.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA');

function problemsOf(values: Readonly<Record<string, string>>, needsPkcs8 = false): readonly string[] {
  return certificateProblems(values, { hosts: [HOST], needsPkcs8 }, now).map((problem) => problem.join(': '));
}

test('a certificate, its key and authorities that are good pass, and so does what is none of them', () => {
  const values = { 'tls.crt': good.certificate, 'tls.key': good.key, 'ca.crt': other.certificate };
  assert.deepEqual(problemsOf(values, true), []);
  assert.deepEqual(problemsOf({ password: 'x' }), []);
});

const wrong: readonly (readonly [what: string, values: Record<string, string>, says: string])[] = [
  ['text that is no certificate', { 'tls.crt': 'secret text' }, 'tls.crt: must be certificates in PEM'],
  ['a certificate that does not parse', { 'tls.crt': broken }, 'tls.crt: must be certificates in PEM'],
  ['authorities that do not parse', { 'ca.crt': broken }, 'ca.crt: must be certificates in PEM'],
  ['no authority', { 'ca.crt': '' }, 'ca.crt: must be certificates in PEM'],
  [
    'a certificate that has ended',
    { 'tls.crt': ended.certificate },
    'tls.crt: must be valid, ended at 2026-01-02T03:04:05.000Z',
  ],
  [
    'an intermediate that has ended',
    { 'tls.crt': good.certificate + ended.certificate },
    'tls.crt: must be valid, ended at 2026-01-02T03:04:05.000Z',
  ],
  [
    'a certificate that has not begun',
    { 'tls.crt': future.certificate },
    'tls.crt: must be valid, begins at 2040-01-01T00:00:00.000Z',
  ],
  [
    'authorities that have ended',
    { 'ca.crt': ended.certificate },
    'ca.crt: must be valid, ended at 2026-01-02T03:04:05.000Z',
  ],
  [
    'a certificate for another host',
    { 'tls.crt': other.certificate },
    `tls.crt: must be for ${HOST}, is for other names`,
  ],
  [
    'the key of another certificate',
    { 'tls.crt': good.certificate, 'tls.key': other.key },
    'tls.key: must be the key of tls.crt, is that of another certificate',
  ],
  [
    'text that is no key',
    { 'tls.key': 'secret text' },
    'tls.key: must be a private key in PEM, without passphrase',
  ],
];
for (const [what, values, says] of wrong) {
  test(`refused: ${what}`, () => {
    assert.deepEqual(problemsOf(values), [says]);
  });
}

test('one authority of a bundle may have ended', () => {
  assert.deepEqual(problemsOf({ 'ca.crt': ended.certificate + good.certificate }), []);
});

test('Kafka is given keys in PKCS #8 alone', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  assert.deepEqual(problemsOf({ 'tls.key': key }), []);
  assert.deepEqual(problemsOf({ 'tls.key': key }, true), [
    'tls.key: must be PKCS #8, which openssl pkcs8 -topk8 -nocrypt makes of others',
  ]);
});

test('a stack names the keys of its configuration, and repeats nothing of their content', async () => {
  const configuration = {
    ...configurationOf(production),
    'collect-tls-v1.tls.crt': other.certificate,
    'kafka-certificate-v1.tls.key': other.key,
  };
  const { error = '', registered } = await deployUnderMocks({ stack: 'production', configuration });
  const set = (key: string) => `pulumi config set --secret ${key} --stack production < FILE`;
  assert.deepEqual(error.split('\n'), [
    'stack production is not configured:',
    `- kafka-certificate-v1.tls.key: must be the key of tls.crt, is that of another certificate: ${set('kafka-certificate-v1.tls.key')}`,
    `- collect-tls-v1.tls.crt: must be for collect.example.com, is for other names: ${set('collect-tls-v1.tls.crt')}`,
    `- collect-tls-v1.tls.key: must be the key of tls.crt, is that of another certificate: ${set('collect-tls-v1.tls.key')}`,
  ]);
  assert.deepEqual(registered, []);
});

test('a certificate is warned of 30 days before it ends, of a bundle of authorities the one that ends last', () => {
  const soon = makeCertificate({ hosts: [HOST], to: new Date('2026-11-21T00:00:00Z') });
  const later = makeCertificate({ hosts: [HOST], to: new Date('2026-12-02T00:00:00Z') });
  const warning =
    'ends in 20 days, at 2026-11-21T00:00:00.000Z: renew it, and give it to a Secret of a new name';
  assert.deepEqual(endingCertificates({ 'tls.crt': good.certificate + soon.certificate }, now), [
    ['tls.crt', warning],
  ]);
  assert.deepEqual(endingCertificates({ 'ca.crt': ended.certificate + soon.certificate }, now), [
    ['ca.crt', warning],
  ]);
  for (const values of [
    { 'tls.crt': later.certificate, 'ca.crt': soon.certificate + good.certificate },
    { 'tls.crt': 'no certificate' },
    { password: 'x' },
  ]) {
    assert.deepEqual(endingCertificates(values, now), []);
  }
});

test('a preview warns of a certificate of the stack’s configuration that ends soon', async () => {
  const to = new Date(Date.now() + 10.5 * 86_400_000);
  const { certificate, key } = makeCertificate({ hosts: [HOST], to });
  const configuration = {
    ...configurationOf(production),
    'collect-tls-v1.tls.crt': certificate,
    'collect-tls-v1.tls.key': key,
  };
  const { error, warnings } = await deployUnderMocks({ stack: 'production', configuration });
  assert.equal(error, undefined);
  assert.match(warnings.join('\n'), /^collect-tls-v1\.tls\.crt: ends in 10 days, at /m);
});
