import { readFileSync } from 'node:fs';

/** Loads a module that `npm run assembly:update` has compiled from the source beside it. */
export function compiled(path: URL): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(path));
}

/** The exports of a new instance, which has its own memory. */
export function instantiate(module: WebAssembly.Module): unknown {
  return new WebAssembly.Instance(module).exports;
}
