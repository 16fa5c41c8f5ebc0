import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

/** Requirements of a certificate. */
export interface CertificateUse {
  /** Host names of its servers. */
  readonly hosts: readonly string[];
  /** Whether the program only reads PKCS #8 keys, like Kafka. */
  readonly needsPkcs8: boolean;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Errors in a server's certificate and key, or in a client's authorities: one line each, with the key in the Secret,
 * without any content.
 *
 * @param values content of a Secret by key; `tls.crt`, `tls.key` and `ca.crt` are checked
 */
export function certificateProblems(
  values: Readonly<Record<string, string>>,
  { hosts, needsPkcs8 }: CertificateUse,
  now: Date,
): readonly (readonly [key: string, problem: string])[] {
  const { 'tls.crt': chain, 'tls.key': key, 'ca.crt': authorities } = values;
  const problems: [string, string][] = [];
  const own = chain === undefined ? undefined : readCertificates(chain);
  const [server] = own ?? [];
  if (chain !== undefined) {
    if (own === undefined || server === undefined) problems.push(['tls.crt', 'must be certificates in PEM']);
    else {
      const ended = own.map((certificate) => validity(certificate, now)).find((text) => text !== undefined);
      if (ended !== undefined) problems.push(['tls.crt', ended]);
      const missing = hosts.filter((host) => server.checkHost(host) === undefined);
      if (missing.length > 0)
        problems.push(['tls.crt', `must be for ${missing.join(', ')}, is for other names`]);
    }
  }
  if (key !== undefined) {
    const secret = readKey(key);
    if (secret === undefined) problems.push(['tls.key', 'must be a private key in PEM, without passphrase']);
    else {
      if (server?.checkPrivateKey(secret) === false) {
        problems.push(['tls.key', 'must be the key of tls.crt, is that of another certificate']);
      }
      if (needsPkcs8 && !key.includes('-----BEGIN PRIVATE KEY-----')) {
        problems.push(['tls.key', 'must be PKCS #8, which openssl pkcs8 -topk8 -nocrypt makes of others']);
      }
    }
  }
  if (authorities !== undefined) {
    const trusted = readCertificates(authorities);
    const ended = trusted?.map((certificate) => validity(certificate, now));
    const [reason] = ended ?? [];
    if (ended === undefined || ended.length === 0) problems.push(['ca.crt', 'must be certificates in PEM']);
    // A bundle may still hold an expired certificate next to its successor.
    else if (reason !== undefined && !ended.includes(undefined)) problems.push(['ca.crt', reason]);
  }
  return problems;
}

/** Days to order, review and roll out a certificate. */
const WARNING_DAYS = 30;

/**
 * Valid certificates of a Secret that expire soon, one line each, with their keys. In a bundle of authorities the last
 * one counts, since it may still hold an expired one next to its successor.
 */
export function endingCertificates(
  { 'tls.crt': chain, 'ca.crt': authorities }: Readonly<Record<string, string>>,
  now: Date,
): readonly (readonly [key: string, warning: string])[] {
  const endsOf = (text = ''): readonly number[] =>
    (readCertificates(text) ?? []).map(({ validToDate }) => validToDate.getTime());
  const soon = now.getTime() + WARNING_DAYS * 86_400_000;
  return (
    [
      ['tls.crt', Math.min(...endsOf(chain))],
      ['ca.crt', Math.max(...endsOf(authorities))],
    ] as const
  )
    .filter(([, end]) => Number.isFinite(end) && end < soon)
    .map(([key, end]) => [
      key,
      `ends in ${Math.floor((end - now.getTime()) / 86_400_000)} days, at ${new Date(end).toISOString()}: renew it, and give it to a Secret of a new name`,
    ]);
}

function readCertificates(text: string): readonly X509Certificate[] | undefined {
  try {
    return (text.match(BLOCK) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

function readKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function validity({ validFromDate, validToDate }: X509Certificate, now: Date): string | undefined {
  if (validToDate < now) return `must be valid, ended at ${validToDate.toISOString()}`;
  return validFromDate > now ? `must be valid, begins at ${validFromDate.toISOString()}` : undefined;
}
