import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Host } from '../../infra/local/host.ts';
import { ManagedProcess } from '../../infra/local/managed-process.ts';
import { Authority, type Certificate } from './certificates.ts';
import { writeKubeconfig } from './kubeconfig.ts';

export interface ControlPlaneOptions {
  readonly host: Host;
  /** Holds certificates, kubeconfigs, logs, pid files and etcd's data. */
  readonly directory: string;
  /** Path of the binary that is every program of Kubernetes. */
  readonly kubernetes: string;
  /** Where the API server is bound and called. */
  readonly address: string;
  readonly ports: ControlPlanePorts;
  readonly serviceCidr: string;
  /** Whether nodes and pods will reach the API server through the Service `kubernetes`. */
  readonly hasNodes: boolean;
  /** Where the API server logs every write of the administrator, as JSON lines. @default nowhere */
  readonly auditLog?: string | undefined;
}

export interface ControlPlanePorts {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/** Network of the pods, whose parts the controller-manager gives to nodes. */
export const POD_CIDR = '10.244.0.0/16';

const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', users: ['admin'], verbs: ['create', 'update', 'patch', 'delete'] }],
};

/** etcd, the API server, the controller-manager and the scheduler: processes to start in this order. */
export class ControlPlane {
  readonly url: string;
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly authority: Authority;
  readonly etcd: ManagedProcess;
  readonly apiServer: ManagedProcess;
  readonly controllerManager: ManagedProcess;
  readonly scheduler: ManagedProcess;
  readonly #options: ControlPlaneOptions;
  readonly #admin: Certificate;

  constructor(options: ControlPlaneOptions) {
    const { directory, address, ports } = options;
    this.#options = options;
    this.url = `https://${address}:${ports.apiServer}`;
    this.authority = new Authority(join(directory, 'certificates'));
    this.#admin = this.authority.issue({ name: 'admin', subject: '/O=system:masters/CN=admin' });
    this.kubeconfig = join(directory, 'admin.kubeconfig');
    const [server, authority] = [this.url, this.authority.certificate];
    writeKubeconfig({ path: this.kubeconfig, server, authority, client: this.#admin });
    this.etcd = this.#etcd();
    this.apiServer = this.#apiServer();
    this.controllerManager = this.#controllerManager();
    this.scheduler = this.#scheduler();
  }

  /** A kubeconfig for a component. @param subject as openssl writes it */
  kubeconfigOf(name: string, subject: string): string {
    const path = join(this.#options.directory, `${name}.kubeconfig`);
    const client = this.authority.issue({ name, subject });
    writeKubeconfig({ path, server: this.url, authority: this.authority.certificate, client });
    return path;
  }

  /** Whether a path of a component's own HTTPS port answers 200 to the administrator. */
  async answers(port: number, path: string): Promise<boolean> {
    const { address } = this.#options;
    return new Promise((resolve, reject) => {
      const asked = request({
        ...{ host: address, port, path, agent: false, timeout: 2_000 },
        ca: readFileSync(this.authority.certificate),
        cert: readFileSync(this.#admin.certificate),
        key: readFileSync(this.#admin.key),
      });
      asked.once('response', (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.once('timeout', () => asked.destroy(new Error(`no answer to ${path}`)));
      asked.once('error', reject);
      asked.end();
    });
  }

  #etcd(): ManagedProcess {
    const { host, directory, ports } = this.#options;
    const client = `http://127.0.0.1:${ports.etcdClient}`;
    const peer = `http://127.0.0.1:${ports.etcdPeer}`;
    return new ManagedProcess({
      host,
      name: 'etcd',
      directory,
      command: [
        ...(['etcd', '--name=lab', `--data-dir=${join(directory, 'etcd')}`] as const),
        ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
        ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`],
        `--initial-cluster=lab=${peer}`,
        // What it holds need not outlive the machine.
        '--unsafe-no-fsync',
        '--log-level=warn',
      ],
      // etcd 3.4 counts arm64 as unsupported, and starts there only when it is told to.
      environment: { ETCD_UNSUPPORTED_ARCH: host.arch },
      isReady: async () => (await fetch(`${client}/health`, { signal: AbortSignal.timeout(2_000) })).ok,
    });
  }

  #apiServer(): ManagedProcess {
    const { host, directory, kubernetes, address, ports, serviceCidr, hasNodes } = this.#options;
    const serving = this.authority.issue({
      name: 'api-server',
      subject: '/CN=kube-apiserver',
      subjectAltNames: [
        ...new Set([`IP:${address}`, 'IP:127.0.0.1', `IP:${firstAddress(serviceCidr)}`]),
        ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((name) => `DNS:${name}`),
      ],
    });
    const kubelet = this.authority.issue({
      name: 'api-server-kubelet',
      subject: '/O=system:masters/CN=kube-apiserver-kubelet',
    });
    const tokens = this.authority.key('service-accounts');
    const frontProxy = this.authority.issue({ name: 'front-proxy', subject: '/CN=front-proxy' });
    return new ManagedProcess({
      host,
      name: 'kube-apiserver',
      directory,
      command: [
        ...([kubernetes, 'kube-apiserver', `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`] as const),
        ...[`--bind-address=${hasNodes ? '0.0.0.0' : address}`, `--advertise-address=${address}`],
        ...[`--secure-port=${ports.apiServer}`, `--service-cluster-ip-range=${serviceCidr}`],
        ...(hasNodes ? [] : ['--endpoint-reconciler-type=none']),
        ...[`--tls-cert-file=${serving.certificate}`, `--tls-private-key-file=${serving.key}`],
        ...[`--client-ca-file=${this.authority.certificate}`, '--authorization-mode=Node,RBAC'],
        '--enable-admission-plugins=NodeRestriction',
        ...[
          '--service-account-issuer=https://kubernetes.default.svc',
          `--service-account-key-file=${tokens}`,
        ],
        `--service-account-signing-key-file=${tokens}`,
        ...['--kubelet-preferred-address-types=InternalIP', '--allow-privileged=true'],
        `--kubelet-client-certificate=${kubelet.certificate}`,
        `--kubelet-client-key=${kubelet.key}`,
        // How an aggregated API server, the metrics-server, knows whom a request is from.
        `--requestheader-client-ca-file=${this.authority.certificate}`,
        '--requestheader-allowed-names=front-proxy',
        '--requestheader-username-headers=X-Remote-User',
        '--requestheader-group-headers=X-Remote-Group',
        '--requestheader-extra-headers-prefix=X-Remote-Extra-',
        `--proxy-client-cert-file=${frontProxy.certificate}`,
        `--proxy-client-key-file=${frontProxy.key}`,
        '--enable-aggregator-routing=true',
        ...this.#auditing(),
      ],
      isReady: () => this.answers(ports.apiServer, '/readyz'),
      startDeadlineMs: 120_000,
    });
  }

  #auditing(): string[] {
    const { directory, auditLog } = this.#options;
    if (auditLog === undefined) return [];
    const policy = join(directory, 'audit-policy.json');
    writeFileSync(policy, JSON.stringify(AUDIT_POLICY));
    return [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`];
  }

  #controllerManager(): ManagedProcess {
    const { ports, hasNodes } = this.#options;
    return this.#controller('kube-controller-manager', ports.controllerManager, [
      '--use-service-account-credentials',
      `--service-account-private-key-file=${this.authority.key('service-accounts')}`,
      `--root-ca-file=${this.authority.certificate}`,
      ...(hasNodes ? ['--allocate-node-cidrs', `--cluster-cidr=${POD_CIDR}`] : []),
    ]);
  }

  #scheduler(): ManagedProcess {
    return this.#controller('kube-scheduler', this.#options.ports.scheduler, []);
  }

  /** A program of Kubernetes that acts on what the API server holds. */
  #controller(name: string, port: number, args: readonly string[]): ManagedProcess {
    const { host, directory, kubernetes } = this.#options;
    const kubeconfig = this.kubeconfigOf(name, `/CN=system:${name}`);
    return new ManagedProcess({
      host,
      name,
      directory,
      command: [
        ...([kubernetes, name, `--kubeconfig=${kubeconfig}`, `--secure-port=${port}`] as const),
        ...[...this.#serving(name, kubeconfig), '--leader-elect=false', ...args],
      ],
      isReady: () => this.answers(port, '/healthz'),
    });
  }

  #serving(name: string, kubeconfig: string): string[] {
    const { address } = this.#options;
    const subjectAltNames = [`IP:${address}`];
    const serving = this.authority.issue({
      name: `${name}-serving`,
      subject: `/CN=${name}`,
      subjectAltNames,
    });
    return [
      `--bind-address=${address}`,
      `--tls-cert-file=${serving.certificate}`,
      `--tls-private-key-file=${serving.key}`,
      `--client-ca-file=${this.authority.certificate}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
    ];
  }
}

/** The address of the Service `kubernetes`: the first after that of the network. */
function firstAddress(cidr: string): string {
  return cidr.replace(/\.0\/\d+$/, '.1');
}
