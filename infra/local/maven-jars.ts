import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, Progress } from './host.ts';

/** Maven's default repository. */
const CENTRAL = 'https://repo.maven.apache.org/maven2/';

const AT_A_TIME = 6;
const ATTEMPTS = 4;
const ATTEMPT_MS = 120_000;
const PAUSE_MS = 1_000;

/** A jar: its path in a Maven repository, and its committed checksum. */
export interface Jar {
  readonly path: string;
  readonly sha256: string;
}

/** Parses the lines of a `jars.sha256`, in the format of `sha256sum`. */
export function readJars(text: string): readonly Jar[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ({ sha256: line.slice(0, 64), path: line.slice(66) }));
}

/** Whether to use Maven instead: its settings may name a mirror, a login or a proxy. */
export function hasMavenSettings({ env }: Pick<Host, 'env'>): boolean {
  return existsSync(join(env['HOME'] ?? homedir(), '.m2/settings.xml'));
}

export interface FetchOptions {
  readonly host: Pick<Host, 'env'>;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** @default Maven Central */
  readonly repository?: string;
}

/**
 * Fetches jars into a directory, through the proxy of the environment (`https_proxy`, `no_proxy`).
 *
 * @throws {Error} that names the jar that cannot be fetched, and why
 */
export async function fetchJars(
  what: string,
  jars: readonly Jar[],
  directory: string,
  { host, progress, signal, repository = CENTRAL }: FetchOptions,
): Promise<void> {
  const { Agent, get } = new URL(repository).protocol === 'http:' ? http : https;
  const agent = new Agent({ keepAlive: true, proxyEnv: host.env });
  const ask = async (url: URL, ending: AbortSignal): Promise<IncomingMessage> => {
    const request = get(url, { agent, signal: ending });
    // After the response has started, errors come from it.
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  };
  const waiting = [...jars];
  const failed = new AbortController();
  const ending = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  let fetched = 0;
  const fetchSome = async (): Promise<void> => {
    for (let jar = waiting.shift(); jar !== undefined; jar = waiting.shift()) {
      await fetchJar(ask, new URL(jar.path, repository), join(directory, basename(jar.path)), ending);
      fetched += 1;
      progress(`fetching ${what}: ${fetched} of ${jars.length}`);
    }
  };
  try {
    progress(`fetching ${what}: 0 of ${jars.length}`);
    await Promise.all(Array.from({ length: AT_A_TIME }, fetchSome));
  } catch (error) {
    failed.abort();
    throw error;
  } finally {
    agent.destroy();
  }
}

class FailedResponse extends Error {
  /** Whether a retry would fail as well. */
  readonly isFinal: boolean;

  constructor(status: number) {
    super(`it answers ${status}`);
    this.isFinal = status >= 400 && status < 500 && status !== 429;
  }
}

type Ask = (url: URL, ending: AbortSignal) => Promise<IncomingMessage>;

async function fetchJar(ask: Ask, url: URL, file: string, ending: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await ask(url, AbortSignal.any([ending, AbortSignal.timeout(ATTEMPT_MS)]));
      if (response.statusCode !== 200) {
        response.resume();
        throw new FailedResponse(response.statusCode ?? 0);
      }
      await pipeline(response, createWriteStream(file));
      return;
    } catch (error) {
      ending.throwIfAborted();
      if (attempt === ATTEMPTS || (error instanceof FailedResponse && error.isFinal)) {
        throw new Error(
          `${url.href} cannot be fetched (${(error as Error).message}): where this machine reaches Maven's repository another way, name it in ~/.m2/settings.xml and install Maven`,
          { cause: error },
        );
      }
      await sleep(PAUSE_MS * attempt, undefined, { signal: ending });
    }
  }
}

/** @returns one line for each file that is missing, unexpected or different; empty where all are as listed */
export async function compareJars(directory: string, jars: readonly Jar[]): Promise<string[]> {
  const wanted = new Map(jars.map(({ path, sha256 }) => [basename(path), sha256]));
  const found = new Set(await readdir(directory));
  const compared = [...new Set([...wanted.keys(), ...found])].sort().map(async (name) => {
    const expected = wanted.get(name);
    if (expected === undefined) return `${name} is not listed`;
    if (!found.has(name)) return `${name} is missing`;
    const actual = await sha256Of(join(directory, name));
    return actual === expected ? undefined : `${name} has sha256 ${actual}, expected ${expected}`;
  });
  return (await Promise.all(compared)).filter((problem) => problem !== undefined);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
