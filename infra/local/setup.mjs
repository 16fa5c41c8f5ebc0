// Runs before every subcommand, by whatever Node the machine has (18 or newer): makes node_modules what
// package-lock.json says, which on Linux includes the Node that runs everything else.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM_NODE = [24, 6];

/** @returns {Record<string, {version?: string, integrity?: string, optional?: boolean}> | undefined} */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * npm writes node_modules/.package-lock.json last, so an install that was cut short has none; a package that
 * was taken away since is found by its missing package.json. Packages for other platforms are not installed.
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const found = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || found === undefined) return false;
  const paths = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  paths.delete('');
  return [...paths].every((path) => {
    if (wanted[path] === undefined) return false;
    if (found[path] === undefined) return wanted[path].optional === true;
    return (
      wanted[path].version === found[path].version &&
      wanted[path].integrity === found[path].integrity &&
      existsSync(join(root, path, 'package.json'))
    );
  });
}

/** Where npm has not done so: 9.2, which Debian 13 has, links every program of the packages but the one named node. */
export function linkNode(root, platform, arch) {
  const program = join('..', `node-${platform}-${arch}`, 'bin', 'node');
  const links = join(root, 'node_modules', '.bin');
  if (!existsSync(join(links, program)) || existsSync(join(links, 'node'))) return;
  mkdirSync(links, { recursive: true });
  symlinkSync(program, join(links, 'node'));
}

/** Whether a Node reads TypeScript as it stands here. */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_NODE;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** @returns {string | undefined} what to do about a Node that is too old, where the lock file brings none */
export function nodeProblem(platform, arch, version) {
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return undefined;
  if (isNewEnough(version)) return undefined;
  return `Node ${MINIMUM_NODE.join('.')} or newer is needed on ${platform} ${arch}, this is ${version}: install it from https://nodejs.org`;
}

/**
 * Says on standard error what it does, and what it lacks.
 *
 * @returns {boolean} whether all is there
 */
export function setUp(root) {
  const problem = nodeProblem(process.platform, process.arch, process.versions.node);
  if (problem !== undefined) return fail(problem);
  if (!isInstalled(root) && !install(root)) return false;
  linkNode(root, process.platform, process.arch);
  return true;
}

/**
 * The command of the npm that started this process, else of the `npm` on the PATH. npm 9 names `npx-cli.js` here if `npx`
 * started the process, and `npx ci` would run a package of that name from the registry.
 *
 * @returns {string[]} program and first arguments
 */
export function npmCommand({ npm_execpath: path, npm_node_execpath: node }) {
  if (!path || !node || !['npm-cli.js', 'npx-cli.js'].includes(basename(path))) return ['npm'];
  return [node, join(dirname(path), 'npm-cli.js')];
}

/** @returns {boolean} whether it worked */
function install(root) {
  const began = Date.now();
  // Standard output belongs to what runs next, which may be asked for JSON.
  process.stderr.write('setup: installing what package-lock.json names (npm ci) …\n');
  const [command, ...args] = npmCommand(process.env);
  const { status, error } = spawnSync(
    command,
    [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (error !== undefined) return fail(`npm could not be started: ${error.message}`);
  if (status !== 0) return fail('npm ci failed, see above; run the same command again once that is mended');
  process.stderr.write(`setup: installed in ${Math.round((Date.now() - began) / 1000)} s\n`);
  return true;
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exitCode = 1;
  return false;
}

const SELF = fileURLToPath(import.meta.url);
if (process.argv[1] === SELF) setUp(join(dirname(SELF), '..', '..'));
