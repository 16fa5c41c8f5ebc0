import { ApiObject, Duration, JsonPatch, Size } from 'cdk8s';
import {
  DaemonSet,
  Deployment,
  EnvFieldPaths,
  EnvValue,
  Handler,
  ImagePullPolicy,
  type k8s,
  LabelSelector,
  Probe,
  Service,
  ServiceAccount,
  ServiceType,
  type DaemonSetProps,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Access } from '../cluster/access.ts';
import { completeWorkload } from '../workloads/complete-workload.ts';
import { ConfigFiles } from '../workloads/config-files.ts';
import { DisruptionBudget } from '../workloads/disruption-budget.ts';
import { IngressNginxAdmission } from './ingress-nginx-admission.ts';
import { INGRESS_NGINX_CERTIFICATE } from './ingress-nginx-certificate.ts';
import { objectLabels, selectorLabels, type Identity } from '../workloads/labels.ts';
import { volumeMounts } from '../workloads/mounts.ts';
import { addWarning } from '../workloads/requirements.ts';
import { containerResources, type ResourcesProps } from '../workloads/restricted-pod.ts';

export const INGRESS_NGINX: Identity = { name: 'ingress-nginx', component: 'controller' };
export const INGRESS_NGINX_PORTS = { http: 80, https: 443, webhook: 8443, metrics: 10254 } as const;

/** The image's own user, `www-data`, and its group: nginx' directories belong to them. */
const NGINX_USER = { user: 101, group: 82 } as const;
const NAME = 'ingress-nginx-controller';
const CONTROLLER = 'k8s.io/ingress-nginx';

/**
 * How long a terminating controller accepts connections: a load balancer sends them to its node until two or three
 * health checks, every 10 s, have failed.
 */
const WITHDRAWAL = Duration.seconds(30);

/** How long the controller waits for open connections before it is killed, as in upstream's manifests. */
const DRAIN = Duration.seconds(240);

export interface IngressNginxProps {
  readonly namespace: string;
  /** The one namespace whose Ingresses, Services and TLS Secrets the controller may read. */
  readonly watchedNamespace: string;
  readonly image: string;
  /** Image that makes the admission webhook's certificate. */
  readonly certgenImage: string;
  readonly workload:
    { readonly kind: 'deployment'; readonly replicas: number } | { readonly kind: 'daemon-set' };
  readonly resources: ResourcesProps;
  /** @default 'nginx' */
  readonly ingressClassName?: string;
  /** @default 'LoadBalancer' */
  readonly service?: 'LoadBalancer' | 'NodePort';
  /** Annotations of the Service; a cloud chooses the kind of load balancer by them. @default - none */
  readonly serviceAnnotations?: Readonly<Record<string, string>>;
  /** Issuer of the admission webhook's certificate: Jobs inside the cluster, or cert-manager. @default 'job' */
  readonly webhookCertificate?: 'job' | 'cert-manager';
}

/**
 * The ingress-nginx controller, last release v1.15.1. The project was retired in March 2026: decision 0005 says why it is
 * here all the same, and what to take instead.
 */
export class IngressNginx extends Construct {
  constructor(scope: Construct, id: string, props: IngressNginxProps) {
    super(scope, id);
    const { namespace, watchedNamespace, workload } = props;
    const { ingressClassName = 'nginx', service = 'LoadBalancer', webhookCertificate = 'job' } = props;
    const { serviceAnnotations = {} } = props;

    addWarning(
      this,
      'ingress-nginx was retired in March 2026: controller v1.15.1 gets no more fixes, not even for vulnerabilities. ' +
        "Set edge.kind to 'gateway', with the class of a maintained Gateway API implementation",
    );

    const metadata = { name: NAME, namespace, labels: objectLabels(INGRESS_NGINX) };
    new Access(this, 'Access', {
      name: NAME,
      namespace,
      identity: INGRESS_NGINX,
      cluster: [{ apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: READ }],
      namespaced: { [namespace]: ownRules(), [watchedNamespace]: watchedRules(watchedNamespace) },
    });
    const config = new ConfigFiles(this, 'Config', {
      name: NAME,
      namespace,
      identity: INGRESS_NGINX,
      files: controllerSettings(),
    });
    new ApiObject(this, 'Class', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: ingressClassName, labels: objectLabels(INGRESS_NGINX) },
      spec: { controller: CONTROLLER },
    });

    const pod = this.podProps(props, ingressClassName, config);
    const set =
      workload.kind === 'daemon-set'
        ? new DaemonSet(this, 'Resource', { ...pod, metadata })
        : new Deployment(this, 'Resource', { ...pod, metadata, replicas: workload.replicas });
    set.select(LabelSelector.of({ labels: selectorLabels(INGRESS_NGINX) }));
    const replicated = workload.kind === 'deployment';
    completeWorkload(set, {
      identity: INGRESS_NGINX,
      keptCapabilities: ['NET_BIND_SERVICE'],
      spreads: replicated,
    });
    if (replicated && workload.replicas > 1) {
      new DisruptionBudget(this, 'Budget', {
        name: NAME,
        namespace,
        identity: INGRESS_NGINX,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      });
    }

    const { http, https } = INGRESS_NGINX_PORTS;
    const edge = new Service(this, 'Service', {
      metadata: { ...metadata, annotations: { ...serviceAnnotations } },
      type: SERVICE_TYPES[service],
      ports: [
        { name: 'http', port: http, targetPort: http },
        { name: 'https', port: https, targetPort: https },
      ],
    });
    for (const [label, value] of Object.entries(selectorLabels(INGRESS_NGINX)))
      edge.selectLabel(label, value);
    // Otherwise nginx sees the node's address instead of the client's, and limits by address apply to nodes.
    ApiObject.of(edge).addJsonPatch(JsonPatch.add('/spec/externalTrafficPolicy', 'Local'));
    new IngressNginxAdmission(this, 'Admission', {
      namespace,
      watchedNamespace,
      certificate:
        webhookCertificate === 'job' ? { kind: 'job', image: props.certgenImage } : { kind: 'cert-manager' },
      controller: INGRESS_NGINX,
      port: INGRESS_NGINX_PORTS.webhook,
    });
  }

  private podProps(props: IngressNginxProps, ingressClassName: string, config: ConfigFiles): DaemonSetProps {
    const { namespace, watchedNamespace, webhookCertificate = 'job' } = props;
    return {
      podMetadata: { labels: objectLabels(INGRESS_NGINX), annotations: { ...config.podAnnotations } },
      select: false,
      serviceAccount: ServiceAccount.fromServiceAccountName(this, 'AccountName', NAME),
      automountServiceAccountToken: true,
      securityContext: { ensureNonRoot: true, ...NGINX_USER, fsGroup: NGINX_USER.group },
      terminationGracePeriod: Duration.seconds(WITHDRAWAL.toSeconds() + DRAIN.toSeconds() + 30),
      containers: [
        {
          name: 'controller',
          image: props.image,
          imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
          args: [
            '/nginx-ingress-controller',
            `--publish-service=${namespace}/${NAME}`,
            '--election-id=ingress-nginx-leader',
            `--controller-class=${CONTROLLER}`,
            `--ingress-class=${ingressClassName}`,
            `--configmap=${namespace}/${NAME}`,
            `--watch-namespace=${watchedNamespace}`,
            '--enable-metrics=true',
            `--shutdown-grace-period=${WITHDRAWAL.toSeconds()}`,
            `--validating-webhook=:${INGRESS_NGINX_PORTS.webhook}`,
            `--validating-webhook-certificate=/usr/local/certificates/${webhookCertificate === 'job' ? 'cert' : 'tls.crt'}`,
            `--validating-webhook-key=/usr/local/certificates/${webhookCertificate === 'job' ? 'key' : 'tls.key'}`,
          ],
          envVariables: {
            LD_PRELOAD: EnvValue.fromValue('/usr/local/lib/libmimalloc.so'),
            POD_NAME: EnvValue.fromFieldRef(EnvFieldPaths.POD_NAME),
            POD_NAMESPACE: EnvValue.fromFieldRef(EnvFieldPaths.POD_NAMESPACE),
          },
          ports: Object.entries(INGRESS_NGINX_PORTS).map(([name, number]) => ({ name, number })),
          resources: containerResources(props.resources),
          securityContext: {
            ensureNonRoot: true,
            ...NGINX_USER,
            allowPrivilegeEscalation: false,
            privileged: false,
            // The controller writes /etc/nginx/nginx.conf into the directory with the image's templates.
            readOnlyRootFilesystem: false,
          },
          volumeMounts: volumeMounts(this, [
            { kind: 'secret', secretName: INGRESS_NGINX_CERTIFICATE, path: '/usr/local/certificates' },
            { kind: 'scratch', name: 'tmp', path: '/tmp/nginx', size: Size.gibibytes(1) },
          ]),
          lifecycle: { preStop: Handler.fromCommand(['/wait-shutdown']) },
          readiness: Probe.fromHttpGet('/healthz', {
            port: INGRESS_NGINX_PORTS.metrics,
            periodSeconds: Duration.seconds(10),
          }),
          // Readiness checks the controller, liveness only that nginx accepts connections.
          liveness: Probe.fromTcpSocket({
            port: INGRESS_NGINX_PORTS.http,
            initialDelaySeconds: Duration.seconds(10),
            failureThreshold: 5,
          }),
        },
      ],
    };
  }
}

const SERVICE_TYPES = {
  LoadBalancer: ServiceType.LOAD_BALANCER,
  NodePort: ServiceType.NODE_PORT,
} as const;

const READ = ['get', 'list', 'watch'];

/** Rights in the controller's own namespace: leader lease, events, published address. */
function ownRules(): k8s.PolicyRule[] {
  return [
    { apiGroups: [''], resources: ['configmaps', 'pods', 'services'], verbs: READ },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: ['ingress-nginx-leader'],
      verbs: ['get', 'update'],
    },
  ];
}

/**
 * Rights in the namespace of the Ingresses. Upstream's manifests grant them in the whole cluster, including all
 * Secrets.
 */
function watchedRules(namespace: string): k8s.PolicyRule[] {
  return [
    { apiGroups: [''], resources: ['namespaces'], resourceNames: [namespace], verbs: ['get'] },
    { apiGroups: [''], resources: ['configmaps', 'endpoints', 'pods', 'secrets', 'services'], verbs: READ },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['update'] },
  ];
}

/** Settings of all hosts; the settings of a route are annotations of its Ingress. */
function controllerSettings(): Readonly<Record<string, string>> {
  return {
    'allow-snippet-annotations': 'false',
    'annotations-risk-level': 'Medium',
    hsts: 'true',
    'hsts-include-subdomains': 'false',
    'limit-req-status-code': '429',
    'log-format-escape-json': 'true',
    'log-format-upstream':
      '{"time":"$time_iso8601","requestId":"$req_id","remoteAddress":"$remote_addr","method":"$request_method",' +
      '"path":"$uri","status":"$status","requestBytes":"$request_length","seconds":"$request_time",' +
      '"upstreamStatus":"$upstream_status","upstreamSeconds":"$upstream_response_time"}',
    'server-tokens': 'false',
    'ssl-protocols': 'TLSv1.2 TLSv1.3',
    'strict-validate-path-type': 'true',
    'worker-shutdown-timeout': `${DRAIN.toSeconds()}s`,
  };
}
