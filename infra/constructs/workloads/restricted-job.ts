import type { Duration } from 'cdk8s';
import { EnvValue, ImagePullPolicy, Job, RestartPolicy, ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { completeWorkload } from './complete-workload.ts';
import { longestJobName, nameByTemplate } from './job-name.ts';
import { objectLabels, type Identity } from './labels.ts';
import { volumeMounts, type Mount } from './mounts.ts';
import { requireDnsLabel } from './requirements.ts';
import {
  containerResources,
  type ResourcesProps,
  RESTRICTED_CONTAINER,
  RESTRICTED_POD,
} from './restricted-pod.ts';

/** Number of failed pods after which a Job fails; the backoff between them doubles from 10 seconds. */
const BACKOFF_LIMIT = 10;

export interface RestrictedJobProps {
  /** Prefix of the Job's name, which ends in a hash of its template. */
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  readonly image: string;
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly resources: ResourcesProps;
  /** Deadline after which the Job fails, whatever the number of attempts. */
  readonly deadline: Duration;
}

/**
 * Work to do once for each change of its input, under the Pod Security profile `restricted`. A Job's template is
 * immutable, so a change makes a Job with another name; finished Jobs are kept for their logs.
 */
export class RestrictedJob extends Construct {
  constructor(scope: Construct, id: string, props: RestrictedJobProps) {
    super(scope, id);
    const { name, namespace, identity, image, command, variables, mounts, resources, deadline } = props;

    requireDnsLabel(this, identity.name, 'name', longestJobName(name));

    const labels = objectLabels(identity);
    new ServiceAccount(this, 'Account', { metadata: { name, namespace, labels }, automountToken: false });
    const job = new Job(this, 'Resource', {
      metadata: { name, namespace, labels },
      podMetadata: { labels },
      select: false,
      activeDeadline: deadline,
      backoffLimit: BACKOFF_LIMIT,
      restartPolicy: RestartPolicy.NEVER,
      serviceAccount: ServiceAccount.fromServiceAccountName(this, 'AccountName', name),
      automountServiceAccountToken: false,
      securityContext: RESTRICTED_POD,
      containers: [
        {
          name: identity.component,
          image,
          imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
          command: [...command],
          envVariables: Object.fromEntries(
            Object.entries(variables).map(([variable, value]) => [variable, EnvValue.fromValue(value)]),
          ),
          resources: containerResources(resources),
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: volumeMounts(this, mounts),
        },
      ],
    });
    completeWorkload(job, { identity });
    nameByTemplate(job);
  }
}
