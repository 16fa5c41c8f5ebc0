import { tmpdir } from 'node:os';
import { hasMavenSettings } from '../../infra/local/maven-jars.ts';
import { findProblems } from '../../infra/local/up/prerequisites.ts';
import { installPrograms } from './programs.ts';
import { parts, type MakeOptions, type Suite } from './suites.ts';

/** The servers' data and logs of two test files, and what is built. */
const FREE_BYTES = 4 * 1024 ** 3;

/**
 * Has everything ready that the suites take from outside of the repository: the machine's programs installed where they
 * may be, and the rest in the cache.
 *
 * @throws {Error} that names what is missing of the README's prerequisites, each with what installs it
 */
export async function setUp(
  suites: readonly Suite[],
  { uid, ...options }: MakeOptions & { readonly uid: number | undefined },
): Promise<void> {
  const { host, progress } = options;
  const java = suites.some((suite) => suite.prerequisites.java);
  const go = suites.some((suite) => suite.prerequisites.go);
  const problems = await findProblems(
    { java, go, maven: java && hasMavenSettings(host), state: tmpdir(), freeBytes: FREE_BYTES },
    host,
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const programs = suites.flatMap((suite) => suite.programs);
  const missing = await installPrograms([...new Set(programs)], { host, uid, progress });
  // One after the other: a compiler uses every core.
  for (const name of new Set(suites.flatMap((suite) => suite.parts))) {
    const part = parts[name];
    if (part.programs?.some((program) => missing.includes(program)) === true) continue;
    await part.make(options);
  }
}
