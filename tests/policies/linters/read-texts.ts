import { spawnSync } from 'node:child_process';
import { renderYaml } from '../../../infra/constructs/workloads/render-yaml.ts';
import { ambiguousTexts } from '../../infra/constructs/workloads/ambiguous-texts.ts';
import type { LintTools } from './tools.ts';

const PROGRAM = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)';

/**
 * Texts, as keys and as values, that PyYAML does not read as they were rendered: it is what the linters in Python read with,
 * and the reader that is farthest from Go's.
 *
 * @throws {Error} with what PyYAML says, where it reads nothing
 */
export function misreadTexts({ environment }: LintTools): readonly string[] {
  const texts = ambiguousTexts(20_000);
  const { status, stdout, stderr } = spawnSync('python3', ['-c', PROGRAM], {
    input: renderYaml(Object.fromEntries(texts.map((text) => [text, text]))),
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`PyYAML: ${stderr}`);
  const read = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  return texts.filter((text) => read[text] !== text);
}
