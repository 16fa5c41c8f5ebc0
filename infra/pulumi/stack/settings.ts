import type { Environment } from '../../environments/environment.ts';
import { nearestOf } from '../../environments/nearest-name.ts';
import { certificateProblems } from './certificates.ts';
import { requiredSecrets, type RequiredSecret } from './secrets.ts';

/** The configuration of a stack from `pulumi config`. */
export interface StackConfiguration {
  /** Name of the stack. */
  readonly stack: string;
  /** Values by key, without the project's name. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether a value is encrypted. */
  readonly isSecret: (key: string) => boolean;
}

/** A Secret with its content. */
export interface StackSecret extends Omit<RequiredSecret, 'keys' | 'use'> {
  /** Content by key. */
  readonly values: Readonly<Record<string, string>>;
}

/** The environment of a stack, and its cluster. */
export interface StackSettings {
  readonly environment: Environment;
  /** Context of the kubeconfig. */
  readonly context: string;
  /** Identity of the cluster: the uid of its namespace kube-system. Undefined until it is pinned. */
  readonly clusterUid: string | undefined;
  readonly secrets: readonly StackSecret[];
}

/** Keys other than content of a Secret. */
const KEYS = ['environment', 'context', 'clusterUid'];

/**
 * @param environments every environment by its name; a stack deploys the one of its own name, unless the key
 *   `environment` names another
 * @throws Error with one line for each key that is missing, unknown, or a secret in plain text; contains no secret
 *   value
 */
export function readSettings(
  { stack, values, isSecret }: StackConfiguration,
  environments: Readonly<Record<string, Environment>>,
): StackSettings {
  const environment = environments[values['environment'] ?? stack];
  if (environment === undefined)
    throw new Error(unknownEnvironment(stack, values['environment'], environments));

  const problems: string[] = [];
  const required = requiredSecrets(environment);
  const known = [...KEYS, ...required.flatMap(configurationKeys)];
  for (const key of Object.keys(values)) {
    if (
      known.includes(key) ||
      required.some(({ name, keys }) => keys === 'any' && key.startsWith(`${name}.`))
    ) {
      continue;
    }
    const nearest = nearestOf(key, known);
    problems.push(
      `${key}: unknown key${nearest === undefined ? '' : `, did you mean ${nearest}?`} (pulumi config rm ${key} --stack ${stack} takes it away)`,
    );
  }
  const { context, clusterUid } = values;
  if (context === undefined) {
    problems.push(
      `context: must be the cluster's context in the kubeconfig, got nothing: pulumi config set context NAME --stack ${stack} (kubectl config get-contexts lists the names)`,
    );
  }
  const secrets = required.map((secret) => ({
    namespace: secret.namespace,
    name: secret.name,
    type: secret.type,
    values: readValues(secret, values),
  }));
  problems.push(
    ...new Set(required.flatMap((secret) => secretProblems(secret, { stack, values, isSecret }))),
  );
  if (problems.length > 0 || context === undefined) {
    throw new Error(
      [`stack ${stack} is not configured:`, ...problems.map((problem) => `- ${problem}`)].join('\n'),
    );
  }
  return { environment, context, clusterUid, secrets };
}

/** Configuration keys of a Secret's content: `object-store-v1.credentials`. */
export function configurationKeys({ name, keys }: RequiredSecret): readonly string[] {
  return keys === 'any' ? [] : keys.map((key) => `${name}.${key}`);
}

function readValues(
  { name, keys }: RequiredSecret,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const prefix = `${name}.`;
  return Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value] as const)
      .filter(([key]) => keys === 'any' || keys.includes(key)),
  );
}

function secretProblems(
  secret: RequiredSecret,
  { stack, values, isSecret }: StackConfiguration,
): readonly string[] {
  const command = (key: string): string => `pulumi config set --secret ${key} --stack ${stack} < FILE`;
  const content = readValues(secret, values);
  const found = Object.keys(content).map((key) => `${secret.name}.${key}`);
  const wanted =
    secret.keys === 'any' && found.length === 0 ? [`${secret.name}.KEY`] : configurationKeys(secret);
  return [
    ...wanted
      .filter((key) => !found.includes(key))
      .map((key) => `${key}: must be set, it is content of Secret ${secret.name}: ${command(key)}`),
    ...found
      .filter((key) => !isSecret(key))
      .map(
        (key) =>
          `${key}: must be kept as a secret, it stands in plain text: ${command(key)}, and change it where it was seen`,
      ),
    ...certificateProblems(content, secret.use, new Date()).map(
      ([name, problem]) => `${secret.name}.${name}: ${problem}: ${command(`${secret.name}.${name}`)}`,
    ),
  ];
}

function unknownEnvironment(
  stack: string,
  name: string | undefined,
  environments: Readonly<Record<string, Environment>>,
): string {
  const allowed = Object.keys(environments).join(', ');
  return name === undefined
    ? `stack: must be named after an environment (${allowed}), got ${stack}: or pulumi config set environment NAME --stack ${stack}`
    : `environment: must be one of ${allowed}, got ${name}`;
}
