import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Host, Progress } from '../../../infra/local/host.ts';
import { installPythonPackages } from '../../python-packages.ts';

const HERE = import.meta.dirname;

/** Each text of the JSON list on standard input as HTML, with GitHub's extensions and HTML within as it is. */
const SCRIPT = `
import json, sys
from cmarkgfm import github_flavored_markdown_to_html as render
from cmarkgfm.cmark import Options
json.dump([render(text, Options.CMARK_OPT_UNSAFE) for text in json.load(sys.stdin)], sys.stdout)
`;

/** Installs the parser; the directory in which Python finds it. */
export async function githubMarkdown(host: Host, progress: Progress): Promise<string> {
  const requirements = join(HERE, 'requirements.txt');
  const what = "GitHub's parser of Markdown";
  return installPythonPackages({ name: 'github-markdown', requirements, what }, host, progress);
}

/** Renders texts with cmark-gfm, the parser that GitHub published as its own; it finds neither mentions nor issues. */
export async function renderWithGitHubsParser(texts: readonly string[]): Promise<readonly string[]> {
  const packages = await githubMarkdown(process, (text) => process.stderr.write(`${text}\n`));
  const { status, stdout, stderr } = spawnSync('python3', ['-c', SCRIPT], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (status !== 0) throw new Error(`python3 ended with ${status ?? 'a signal'}: ${stderr}`);
  return JSON.parse(stdout) as readonly string[];
}
