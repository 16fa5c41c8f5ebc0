import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A Secret's files for a server of these addresses, in a directory: `ca.crt`, `tls.crt` and `tls.key` (PKCS #8), as
 * cert-manager would write them.
 */
export function writeCertificates(directory: string, addresses: readonly string[]): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  writeFileSync(
    join(directory, 'san'),
    `subjectAltName=${addresses.map((address) => `IP:${address}`).join(',')}\n`,
  );
  const authority = ['-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test-authority', '-days', '2'];
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...authority);
  openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'tls.key');
  openssl('req', '-new', '-key', 'tls.key', '-subj', '/CN=kafka', '-out', 'tls.csr');
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
  openssl('x509', '-req', '-in', 'tls.csr', ...signed, '-out', 'tls.crt');
}
