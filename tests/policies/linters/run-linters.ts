import { spawnSync } from 'node:child_process';
import type { Finding, Report } from './finding.ts';
import type { LintTools } from './tools.ts';

/** Oldest and newest Kubernetes that the manifests are for. */
export const KUBERNETES_VERSIONS = ['1.32', '1.37'] as const;

/** Groups whose schemas no linter has: the policies' tests check them by their published models. */
const CUSTOM_GROUPS =
  /^(gateway\.networking\.k8s\.io|gateway\.envoyproxy\.io|gateway\.nginx\.org|keda\.sh|cert-manager\.io|monitoring\.coreos\.com)\//;

/** A linter by name, and what it says of each set of files; a set is the files of one environment. */
export type Linter = (tools: LintTools, sets: readonly (readonly string[])[]) => readonly Report[];

export const linters: Readonly<Record<string, Linter>> = {
  ...Object.fromEntries(
    KUBERNETES_VERSIONS.map((version): [string, Linter] => [
      `kubernetes-validate ${version} --strict`,
      each((tools, files) => kubernetesValidate(tools, files, version)),
    ]),
  ),
  'pod-security restricted': each(podSecurity),
  'kube-score': each(kubeScore),
  checkov,
};

/** One that starts quickly, and so is started for each set. */
function each(lint: (tools: LintTools, files: readonly string[]) => Report): Linter {
  return (tools, sets) => sets.map((files) => lint(tools, files));
}

function kubernetesValidate(tools: LintTools, files: readonly string[], version: string): Report {
  const args = ['--kubernetes-version', version, '--strict', ...files];
  const { output } = run(tools.kubernetesValidate, args, tools, [0, 1]);
  const lines = output.split('\n').filter((line) => line !== '');
  const passed = lines.filter(
    (line) => line.startsWith('INFO') && line.includes(' passed for resource '),
  ).length;
  const findings = lines
    .filter((line) => !line.startsWith('INFO'))
    .filter((line) => {
      const [, apiVersion] = /^WARN .* with api version (\S+) /.exec(line) ?? [];
      return apiVersion === undefined || !CUSTOM_GROUPS.test(apiVersion);
    })
    .map((message): Finding => ({ check: 'kubernetes-validate:schema', object: '', message }));
  return { summary: `${passed} objects match`, findings };
}

function podSecurity(tools: LintTools, files: readonly string[]): Report {
  const { output, errors } = run(tools.podSecurity, ['restricted', ...files], tools, [0]);
  const findings = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { namespace, kind, name, reason, detail } = JSON.parse(line) as Record<string, string>;
      return {
        check: `pod-security:${reason ?? ''}`,
        object: `${kind ?? ''} ${namespace ?? ''}/${name ?? ''}`,
        message: detail ?? '',
      };
    });
  return { summary: errors.trim(), findings };
}

interface KubeScoreObject {
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly summary: string }[] | null;
  }[];
}

/** Grade of what kube-score calls critical. */
const CRITICAL = 1;

function kubeScore(tools: LintTools, files: readonly string[]): Report {
  // The platform sets no CPU limits: an idle core is of no use to anyone.
  const args = ['score', '--ignore-container-cpu-limit', '--output-format', 'json', ...files];
  const { output } = run(tools.kubeScore, args, tools, [0, 1]);
  const objects = JSON.parse(output) as readonly KubeScoreObject[];
  const graded = objects.flatMap(({ object_name: name, checks }) =>
    checks.filter(({ skipped }) => !skipped).map((check) => ({ name, ...check })),
  );
  const findings = graded
    .filter(({ grade }) => grade <= CRITICAL)
    .map(({ name, check, comments }) => {
      const [kind = '', , , namespace = '', object = ''] = splitObjectName(name);
      return {
        check: `kube-score:${check.id}`,
        object: `${kind} ${namespace}/${object}`,
        message: (comments ?? []).map(({ summary }) => summary).join(', '),
      };
    });
  return { summary: `${graded.length} checks of ${objects.length} objects`, findings };
}

/** `Deployment/apps/v1/namespace/name`, where the core group has no `apps/`. */
function splitObjectName(text: string): readonly string[] {
  const parts = text.split('/');
  return parts.length === 5 ? parts : [parts[0] ?? '', '', ...parts.slice(1)];
}

interface CheckovReport {
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
    }[];
  };
  readonly summary: { readonly passed: number; readonly resource_count: number };
}

function checkov(tools: LintTools, sets: readonly (readonly string[])[]): readonly Report[] {
  const args = ['--framework', 'kubernetes', '--skip-download', '--quiet', '--compact', '--output', 'json'];
  const runs = sets.map((files) => [...args, ...files.flatMap((file) => ['--file', file])]);
  const { output } = run(tools.checkov, [], tools, [0], JSON.stringify(runs));
  const reports = output.split('\n').filter((line) => line !== '');
  if (reports.length !== sets.length)
    throw new Error(`checkov must report ${sets.length} times, got ${reports.length}`);
  return reports.map((line) => readCheckov(JSON.parse(line) as CheckovReport));
}

function readCheckov({ results, summary }: CheckovReport): Report {
  const findings = results.failed_checks.map(({ check_id: id, check_name: message, resource }) => {
    const [kind = '', namespace = '', ...name] = resource.split('.');
    return { check: `checkov:${id}`, object: `${kind} ${namespace}/${name.join('.')}`, message };
  });
  return { summary: `${summary.passed} checks of ${summary.resource_count} objects`, findings };
}

function run(
  [program = '', ...words]: readonly string[],
  args: readonly string[],
  { environment }: LintTools,
  allowed: readonly number[],
  input = '',
): { readonly output: string; readonly errors: string } {
  const { status, stdout, stderr, error } = spawnSync(program, [...words, ...args], {
    encoding: 'utf8',
    input,
    env: { ...process.env, ...environment },
    maxBuffer: 2 ** 26,
  });
  if (error !== undefined) throw error;
  if (status === null || !allowed.includes(status)) {
    throw new Error(`${program} ended with ${status ?? 'a signal'}:\n${stderr}${stdout}`);
  }
  return { output: stdout, errors: stderr };
}
