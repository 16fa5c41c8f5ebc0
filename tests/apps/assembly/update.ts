/** `npm run assembly:update` compiles what the applications run as WebAssembly. */
import { writeFileSync } from 'node:fs';
import { compile, compiledPath, modules } from './compile.ts';

for (const module of modules) writeFileSync(compiledPath(module), await compile(module));
