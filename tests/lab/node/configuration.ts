import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Certificate } from '../certificates.ts';
import { POD_CIDR } from '../control-plane.ts';
import { CGROUP, CONTAINERD_SOCKET, DNS_ADDRESS, NODE_ADDRESS, NODE_NAME } from '../place.ts';

/** The image that holds a pod's namespaces. */
export const PAUSE_IMAGE = 'localhost/headwater-lab/pause:1';

/** The device that all pods are behind. */
export const POD_BRIDGE = 'cni0';

export interface ConfigurationFiles {
  readonly containerd: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly corefile: string;
}

export interface ConfigurationOptions {
  readonly directory: string;
  /** Path of the authority's certificate. */
  readonly authority: string;
  readonly kubeletServing: Certificate;
  /** Paths of the components' kubeconfigs. */
  readonly kubeconfigs: { readonly kubeProxy: string; readonly coredns: string };
}

/** Writes what the node's programs read from files. @returns their paths */
export function writeConfiguration(options: ConfigurationOptions): ConfigurationFiles {
  const { directory } = options;
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const cni = join(directory, 'cni');
  mkdirSync(cni, { recursive: true });
  write('cni/10-lab.conflist', JSON.stringify(NETWORK));
  const resolvConf = write('resolv.conf', `nameserver ${NODE_ADDRESS}\n`);
  return {
    containerd: write('containerd.toml', containerd(cni)),
    kubelet: write('kubelet.yaml', stringify(kubelet(options, resolvConf))),
    kubeProxy: write('kube-proxy.yaml', stringify(kubeProxy(options.kubeconfigs.kubeProxy))),
    corefile: write('Corefile', corefile(options.kubeconfigs.coredns)),
  };
}

const NETWORK = {
  cniVersion: '0.4.0',
  name: 'lab',
  plugins: [
    {
      type: 'bridge',
      bridge: POD_BRIDGE,
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      // The node's part of the pods' network: it is the only node, and gets the first.
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: POD_CIDR.replace(/\/16$/, '/24') }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

function containerd(cni: string): string {
  return `version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  disable_tcp_service = true
  # AppArmor belongs to the machine.
  disable_apparmor = true
  # Root may be without CAP_SYS_RESOURCE here, as it is in a container: then no score can go below the own.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${cni}"

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
`;
}

function kubelet({ authority, kubeletServing }: ConfigurationOptions, resolvConf: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NODE_ADDRESS,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    // The disk is the machine's: others fill it, and nothing here may be evicted for that.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    failSwapOn: false,
    healthzBindAddress: NODE_ADDRESS,
    // There is no registry to pull an image again from.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    resolvConf,
    tlsCertFile: kubeletServing.certificate,
    tlsPrivateKeyFile: kubeletServing.key,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
  };
}

function kubeProxy(kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    bindAddress: NODE_ADDRESS,
    clientConnection: { kubeconfig },
    clusterCIDR: POD_CIDR,
    // Its limits are the machine's, which is not the lab's to change.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    healthzBindAddress: `${NODE_ADDRESS}:10256`,
    hostnameOverride: NODE_NAME,
    metricsBindAddress: `${NODE_ADDRESS}:10249`,
    mode: 'iptables',
  };
}

function corefile(kubeconfig: string): string {
  // There is no other network whose names could be asked for.
  return `cluster.local:53 in-addr.arpa:53 {
  errors
  health ${NODE_ADDRESS}:8053
  kubernetes {
    kubeconfig ${kubeconfig}
    ttl 5
  }
  cache 5
}

.:53 {
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}
