import { readFileSync } from 'node:fs';

/** The exports of a module that `npm run assembly:update` has compiled from the source beside it. */
export function instantiate(path: URL): unknown {
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path))).exports;
}
