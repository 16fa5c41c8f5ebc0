import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../../infra/local/host.ts';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import type { ControlPlane } from '../control-plane.ts';
import { CONTAINERD_SOCKET, NODE_ADDRESS, NODE_NAME, PATHS } from '../place.ts';
import type { LabProgram } from '../toolchain.ts';
import type { ConfigurationFiles } from './configuration.ts';
import { POLICY_QUEUE } from './network.ts';
import { PROVISIONER } from './objects.ts';

export interface NodeOptions {
  readonly host: Host;
  readonly directory: string;
  readonly binaries: Readonly<Record<LabProgram, string>>;
  readonly plane: ControlPlane;
  readonly files: ConfigurationFiles;
  readonly kubeconfigs: NodeKubeconfigs;
}

/** Paths. */
export interface NodeKubeconfigs {
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly coredns: string;
  readonly addons: string;
}

/** Those of the node, which its own programs and its addons are. The addons run beside the kubelet, not in pods. */
export class NodeProcesses {
  readonly #options: NodeOptions;

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  containerd(): ManagedProcess {
    return this.#process('containerd', ['containerd', '--config', this.#options.files.containerd], () => {
      if (!existsSync(CONTAINERD_SOCKET)) return false;
      execFileSync('ctr', ['--address', CONTAINERD_SOCKET, 'version'], { stdio: 'ignore', timeout: 5_000 });
      return true;
    });
  }

  kubelet(): ManagedProcess {
    const { binaries, files, kubeconfigs } = this.#options;
    return this.#process(
      'kubelet',
      [
        ...([binaries.kubernetes, 'kubelet', `--config=${files.kubelet}`] as const),
        `--kubeconfig=${kubeconfigs.kubelet}`,
        ...[`--hostname-override=${NODE_NAME}`, `--node-ip=${NODE_ADDRESS}`],
      ],
      () => isOk(`http://${NODE_ADDRESS}:10248/healthz`),
    );
  }

  kubeProxy(): ManagedProcess {
    const { binaries, files } = this.#options;
    return this.#process(
      'kube-proxy',
      [binaries.kubernetes, 'kube-proxy', `--config=${files.kubeProxy}`],
      () => isOk(`http://${NODE_ADDRESS}:10256/livez`),
    );
  }

  coredns(): ManagedProcess {
    const { binaries, files } = this.#options;
    return this.#process('coredns', [binaries.coredns, '-conf', files.corefile], () =>
      isOk(`http://${NODE_ADDRESS}:8053/health`),
    );
  }

  volumeProvisioner(): ManagedProcess {
    const { binaries, kubeconfigs } = this.#options;
    return this.#process(
      'volume-provisioner',
      [
        binaries['volume-provisioner'],
        ...[`--kubeconfig=${kubeconfigs.addons}`, `--provisioner=${PROVISIONER}`, `--root=${PATHS.volumes}`],
      ],
      () => true,
    );
  }

  metricsServer(): ManagedProcess {
    const { binaries, kubeconfigs, plane, directory } = this.#options;
    const kubeconfig = kubeconfigs.addons;
    return this.#process(
      'metrics-server',
      [
        binaries['metrics-server'],
        ...[`--kubeconfig=${kubeconfig}`, `--authentication-kubeconfig=${kubeconfig}`],
        ...[`--authorization-kubeconfig=${kubeconfig}`, `--bind-address=${NODE_ADDRESS}`],
        ...['--secure-port=4443', `--cert-dir=${join(directory, 'metrics-server-certificates')}`],
        ...['--kubelet-preferred-address-types=InternalIP', '--metric-resolution=15s'],
        `--kubelet-certificate-authority=${plane.authority.certificate}`,
      ],
      () => true,
    );
  }

  networkPolicies(): ManagedProcess {
    const { binaries, kubeconfigs } = this.#options;
    return this.#process(
      'network-policies',
      [
        binaries['network-policies'],
        ...[`--kubeconfig=${kubeconfigs.addons}`, `--node=${NODE_NAME}`, `--queue=${POLICY_QUEUE}`],
        // Each connection and what decided about it: the only witness of one that was judged wrongly.
        '-v=2',
      ],
      () =>
        readFileSync('/proc/self/net/netfilter/nfnetlink_queue', 'utf8')
          .split('\n')
          .some((queue) => queue.trim().startsWith(`${POLICY_QUEUE} `)),
    );
  }

  ingressController(): ManagedProcess {
    const { binaries, kubeconfigs } = this.#options;
    return this.#process(
      'traefik',
      [
        binaries.traefik,
        ...[
          `--entrypoints.http.address=${NODE_ADDRESS}:80`,
          `--entrypoints.https.address=${NODE_ADDRESS}:443`,
        ],
        ...[`--entrypoints.traefik.address=${NODE_ADDRESS}:8099`, '--ping=true'],
        '--experimental.kubernetesIngressNGINX=true',
        '--providers.kubernetesIngressNGINX=true',
        ...['--log.level=INFO', '--global.checknewversion=false', '--global.sendanonymoususage=false'],
      ],
      () => isOk(`http://${NODE_ADDRESS}:8099/ping`),
      { KUBECONFIG: kubeconfigs.addons },
    );
  }

  #process(
    name: string,
    command: readonly [string, ...string[]],
    isReady: () => Promise<boolean> | boolean,
    environment: Readonly<Record<string, string>> = {},
  ): ManagedProcess {
    const { host, directory } = this.#options;
    return new ManagedProcess({
      host,
      name,
      directory,
      command,
      environment,
      isReady: () => Promise.resolve(isReady()),
      stopDeadlineMs: 10_000,
    });
  }
}

async function isOk(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
}
