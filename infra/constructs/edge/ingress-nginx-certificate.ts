import { Duration, Size } from 'cdk8s';
import { ImagePullPolicy, Job, RestartPolicy, ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { Access } from '../cluster/access.ts';
import { completeWorkload } from '../workloads/complete-workload.ts';
import { nameByTemplate } from '../workloads/job-name.ts';
import { objectLabels, type Identity } from '../workloads/labels.ts';
import { containerResources } from '../workloads/restricted-pod.ts';

/**
 * Name of the admission webhook and of the Secret with its certificate, the only Secret that is not provided from
 * outside.
 */
export const INGRESS_NGINX_CERTIFICATE = 'ingress-nginx-admission';
export const INGRESS_NGINX_ADMISSION: Identity = { name: 'ingress-nginx', component: 'admission-webhook' };

/** The certgen image's user. */
const CERTGEN_USER = { user: 65_532, group: 65_532 } as const;

export interface CertgenJobsProps {
  readonly namespace: string;
  /** Image of kube-webhook-certgen. */
  readonly image: string;
  /** Names of the webhook's Service. */
  readonly names: readonly string[];
}

/** Two Jobs: one creates the webhook's certificate, the other registers its authority at the API server. */
export class CertgenJobs extends Construct {
  constructor(scope: Construct, id: string, props: CertgenJobsProps) {
    super(scope, id);
    const { namespace, image, names } = props;
    new Access(this, 'Access', {
      name: INGRESS_NGINX_CERTIFICATE,
      namespace,
      identity: INGRESS_NGINX_ADMISSION,
      cluster: [
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['validatingwebhookconfigurations'],
          resourceNames: [INGRESS_NGINX_CERTIFICATE],
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
          // RBAC cannot restrict `create` to one name.
          { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
        ],
      },
    });
    const create = this.job('Create', namespace, image, [
      'create',
      `--host=${names.join(',')}`,
      `--namespace=${namespace}`,
      `--secret-name=${INGRESS_NGINX_CERTIFICATE}`,
    ]);
    const patch = this.job('Patch', namespace, image, [
      'patch',
      `--webhook-name=${INGRESS_NGINX_CERTIFICATE}`,
      `--namespace=${namespace}`,
      '--patch-mutating=false',
      `--secret-name=${INGRESS_NGINX_CERTIFICATE}`,
      '--patch-failure-policy=Fail',
    ]);
    patch.node.addDependency(create);
  }

  private job(id: 'Create' | 'Patch', namespace: string, image: string, args: string[]): Job {
    const labels = objectLabels(INGRESS_NGINX_ADMISSION);
    const step = id.toLowerCase();
    const job = new Job(this, id, {
      metadata: { name: `${INGRESS_NGINX_CERTIFICATE}-${step}`, namespace, labels },
      podMetadata: { labels },
      select: false,
      backoffLimit: 6,
      restartPolicy: RestartPolicy.ON_FAILURE,
      serviceAccount: ServiceAccount.fromServiceAccountName(
        this,
        `${id}AccountName`,
        INGRESS_NGINX_CERTIFICATE,
      ),
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
    nameByTemplate(job);
    return job;
  }
}
