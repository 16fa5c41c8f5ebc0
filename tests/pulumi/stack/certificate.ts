import { generateKeyPairSync, sign } from 'node:crypto';

export interface CertificateOptions {
  readonly hosts: readonly string[];
  /** @default 2020 */
  readonly from?: Date;
  /** @default 2049 */
  readonly to?: Date;
}

const ED25519 = '06032b6570';

/**
 * A certificate that has signed itself, and its key, in PEM. Written by hand, since Node reads certificates and makes none,
 * and the unit tests need no openssl.
 */
export function makeCertificate({
  hosts,
  from = new Date('2020-01-01T00:00:00Z'),
  to = new Date('2049-12-31T00:00:00Z'),
}: CertificateOptions): { readonly certificate: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const name = sequence(der(0x31, sequence(hex('0603550403'), der(0x0c, Buffer.from('a test')))));
  const names = sequence(...hosts.map((host) => der(0x82, Buffer.from(host))));
  const body = sequence(
    der(0xa0, hex('020102')),
    hex('020101'),
    sequence(hex(ED25519)),
    name,
    sequence(time(from), time(to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(hex('0603551d11'), der(0x04, names)))),
  );
  const signature = der(0x03, Buffer.concat([hex('00'), sign(null, body, privateKey)]));
  const text = sequence(body, sequence(hex(ED25519)), signature).toString('base64');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));
}
