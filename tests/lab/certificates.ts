import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Long enough for a lab that is left running, short enough that nobody comes to rely on it. */
const DAYS = '30';

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** Of the files. */
  readonly name: string;
  /** As openssl writes it: `/O=system:masters/CN=admin`. */
  readonly subject: string;
  /** As openssl writes them: `IP:127.0.0.1`, `DNS:kubernetes`. @default none, as for a client */
  readonly subjectAltNames?: readonly string[];
}

/** A certificate authority in a directory. What it has issued before, it gives again. */
export class Authority {
  readonly certificate: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.certificate = join(directory, 'ca.crt');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (existsSync(this.certificate)) return;
    const subject = ['-subj', '/CN=headwater-lab', '-days', DAYS];
    this.#openssl('req', '-x509', ...EC_KEY, '-keyout', 'ca.key', '-out', 'ca.crt.new', ...subject);
    this.#complete('ca.crt');
  }

  issue({ name, subject, subjectAltNames = [] }: CertificateRequest): Certificate {
    const issued = { certificate: this.#path(`${name}.crt`), key: this.#path(`${name}.key`) };
    if (existsSync(issued.certificate)) return issued;
    const names = subjectAltNames.length === 0 ? '' : `subjectAltName=${subjectAltNames.join(',')}\n`;
    writeFileSync(this.#path(`${name}.ext`), `extendedKeyUsage=clientAuth,serverAuth\n${names}`);
    this.#openssl('req', ...EC_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    const signer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', DAYS];
    const extensions = ['-extfile', `${name}.ext`];
    this.#openssl('x509', '-req', '-in', `${name}.csr`, ...signer, ...extensions, '-out', `${name}.crt.new`);
    this.#complete(`${name}.crt`);
    return issued;
  }

  /** A key without a certificate: that which tokens are signed with. */
  key(name: string): string {
    const path = this.#path(`${name}.key`);
    if (existsSync(path)) return path;
    // Kubernetes takes a public key out of a private one only in this older form (SEC 1).
    this.#openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key.new`);
    this.#complete(`${name}.key`);
    return path;
  }

  #path(file: string): string {
    return join(this.#directory, file);
  }

  #complete(file: string): void {
    renameSync(this.#path(`${file}.new`), this.#path(file));
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#directory, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
