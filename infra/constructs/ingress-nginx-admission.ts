import { ApiObject, Duration, Size } from 'cdk8s';
import { ImagePullPolicy, Job, RestartPolicy, Service, ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Access } from './access.ts';
import { completeWorkload } from './complete-workload.ts';
import { hashOf } from './config-files.ts';
import { objectLabels, selectorLabels, type Identity } from './labels.ts';
import { containerResources } from './restricted-pod.ts';

/** Secret that the Job makes: it holds the webhook's certificate, and is the one that no one else provides. */
export const INGRESS_NGINX_CERTIFICATE = 'ingress-nginx-admission';
export const INGRESS_NGINX_ADMISSION: Identity = { name: 'ingress-nginx', component: 'admission-webhook' };

const NAME = 'ingress-nginx-admission';
const SERVICE = 'ingress-nginx-controller-admission';

/** The certgen image's user. */
const CERTGEN_USER = { user: 65_532, group: 65_532 } as const;

export interface IngressNginxAdmissionProps {
  readonly namespace: string;
  /** The namespace whose Ingresses are checked. */
  readonly watchedNamespace: string;
  readonly certgenImage: string;
  /** Pods that answer. */
  readonly controller: Identity;
  readonly port: number;
}

/**
 * Has the controller refuse an Ingress that nginx could not load, before it is stored. The certificate is made inside the
 * cluster by two Jobs, one that creates it and one that tells the API server its authority: nothing secret is in the
 * manifests.
 */
export class IngressNginxAdmission extends Construct {
  constructor(scope: Construct, id: string, props: IngressNginxAdmissionProps) {
    super(scope, id);
    const { namespace, watchedNamespace, certgenImage, controller, port } = props;
    const labels = objectLabels(INGRESS_NGINX_ADMISSION);

    const service = new Service(this, 'Service', {
      metadata: { name: SERVICE, namespace, labels: objectLabels(controller) },
      ports: [{ name: 'https-webhook', port: 443, targetPort: port }],
    });
    for (const [label, value] of Object.entries(selectorLabels(controller)))
      service.selectLabel(label, value);
    new Access(this, 'Access', {
      name: NAME,
      namespace,
      identity: INGRESS_NGINX_ADMISSION,
      cluster: [
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['validatingwebhookconfigurations'],
          resourceNames: [NAME],
          verbs: ['get', 'update'],
        },
      ],
      namespaced: {
        [namespace]: [
          {
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: [INGRESS_NGINX_CERTIFICATE],
            verbs: ['get'],
          },
          // What is created has no name yet when it is asked for: this right cannot be narrowed to one.
          { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
        ],
      },
    });
    new ApiObject(this, 'Webhook', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: NAME, labels },
      webhooks: [
        {
          name: 'validate.nginx.ingress.kubernetes.io',
          admissionReviewVersions: ['v1'],
          matchPolicy: 'Equivalent',
          failurePolicy: 'Fail',
          sideEffects: 'None',
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': watchedNamespace } },
          rules: [
            {
              apiGroups: ['networking.k8s.io'],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['ingresses'],
            },
          ],
          clientConfig: {
            service: { name: SERVICE, namespace, path: '/networking/v1/ingresses', port: 443 },
          },
        },
      ],
    });
    const names = `${SERVICE},${SERVICE}.${namespace}.svc`;
    this.job('Create', namespace, certgenImage, [
      'create',
      `--host=${names}`,
      `--namespace=${namespace}`,
      `--secret-name=${INGRESS_NGINX_CERTIFICATE}`,
    ]);
    this.job('Patch', namespace, certgenImage, [
      'patch',
      `--webhook-name=${NAME}`,
      `--namespace=${namespace}`,
      '--patch-mutating=false',
      `--secret-name=${INGRESS_NGINX_CERTIFICATE}`,
      '--patch-failure-policy=Fail',
    ]);
  }

  private job(id: 'Create' | 'Patch', namespace: string, image: string, args: string[]): void {
    const labels = objectLabels(INGRESS_NGINX_ADMISSION);
    const step = id.toLowerCase();
    const job = new Job(this, id, {
      // A Job's template is immutable: another template is another Job.
      metadata: { name: `${NAME}-${step}-${hashOf({ image, args })}`, namespace, labels },
      podMetadata: { labels },
      select: false,
      backoffLimit: 6,
      restartPolicy: RestartPolicy.ON_FAILURE,
      serviceAccount: ServiceAccount.fromServiceAccountName(this, `${id}AccountName`, NAME),
      automountServiceAccountToken: true,
      securityContext: { ensureNonRoot: true, ...CERTGEN_USER, fsGroup: CERTGEN_USER.group },
      activeDeadline: Duration.minutes(5),
      containers: [
        {
          name: step,
          image,
          imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
          args,
          resources: containerResources({ cpuMillicores: 10, memory: Size.mebibytes(64) }),
          securityContext: {
            ensureNonRoot: true,
            ...CERTGEN_USER,
            allowPrivilegeEscalation: false,
            privileged: false,
            readOnlyRootFilesystem: true,
          },
        },
      ],
    });
    completeWorkload(job, { identity: INGRESS_NGINX_ADMISSION });
  }
}
