import { join } from 'node:path';
import { buildGoProgram } from '../../../infra/local/go-program.ts';
import type { Host, Progress } from '../../../infra/local/host.ts';
import { installPythonPackages } from '../../python-packages.ts';

const HERE = import.meta.dirname;
const KUBE_SCORE = join(HERE, '../kube-score');
const POD_SECURITY = join(HERE, '../pod-security');

/** Programs that are run on manifests, each as words to start it with. */
export interface LintTools {
  readonly kubernetesValidate: readonly string[];
  readonly checkov: readonly string[];
  readonly kubeScore: readonly string[];
  readonly podSecurity: readonly string[];
  /** What Python needs to find its packages. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Installs the tools, in the versions that the files beside this one pin, into the cache outside the checkout. It needs
 * `python3` with pip, and Go.
 *
 * @throws {Error} with the end of the installer's output
 */
export async function installTools(host: Host, progress: Progress): Promise<LintTools> {
  const packages = await installPythonPackages(
    {
      name: 'linters-python',
      requirements: join(HERE, 'requirements.txt'),
      what: 'kubernetes-validate and checkov',
    },
    host,
    progress,
  );
  const kubeScore = await buildGoProgram(
    { name: 'kube-score', module: KUBE_SCORE, target: 'github.com/zegl/kube-score/cmd/kube-score' },
    { host, progress },
  );
  const podSecurity = await buildGoProgram(
    { name: 'pod-security', module: POD_SECURITY, target: '.', sources: ['main.go'] },
    { host, progress },
  );
  return {
    kubernetesValidate: ['python3', join(packages, 'bin/kubernetes-validate')],
    checkov: ['python3', join(HERE, 'checkov-runs.py')],
    kubeScore: [kubeScore.path],
    podSecurity: [podSecurity.path],
    environment: { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
  };
}
