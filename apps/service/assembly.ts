import { readFileSync } from 'node:fs';

/** A module that `npm run assembly:update` has compiled from the source beside it. */
export function compiled(path: URL): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(path));
}

/** Its exports, with memory of its own. */
export function instantiate(module: WebAssembly.Module): unknown {
  return new WebAssembly.Instance(module).exports;
}
