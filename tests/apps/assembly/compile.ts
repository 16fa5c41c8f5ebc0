import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOutput } from '../../../infra/local/command.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const COMPILER = fileURLToPath(new URL('../../../node_modules/.bin/asc', import.meta.url));

/** The entry of each module; what is compiled stands beside it. */
export const modules = ['apps/service/assembly/json-check', 'apps/consumer/assembly/plain-lines'] as const;

/** 8 pages of 64 KiB: what the largest of them addresses. Inlining costs bytes, of which there are few. */
const OPTIONS = [
  ...['-O3', '--converge', '--noAssert', '--runtime', 'stub'],
  ...['--enable', 'simd', '--initialMemory', '8'],
];

export const compiledPath = (module: string): string => `${ROOT}${module}.wasm`;

/** @throws {Error} with what the compiler says */
export async function compile(module: string): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-assembly-'));
  const compiled = join(directory, 'compiled.wasm');
  try {
    const args = [COMPILER, `${module}.ts`, '--outFile', compiled, ...OPTIONS];
    await commandOutput(process.execPath, args, { host: process, cwd: ROOT });
    return await readFile(compiled);
  } finally {
    await rm(directory, { recursive: true });
  }
}
