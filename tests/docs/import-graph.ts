import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** Which files of the project import which, types included: by file, relative to the root. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Of all files below `root` that one of the patterns matches. */
export function readImports(root: string, patterns: readonly string[]): ImportGraph {
  const files = globSync(patterns, { cwd: root, exclude: ['**/node_modules/**'] });
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'));
      const own = importedFiles.filter(({ fileName }) => fileName.startsWith('.'));
      const imported = own.map(({ fileName }) => relative(root, join(root, dirname(file), fileName)));
      return [file, [...new Set(imported)].sort()];
    }),
  );
}

/** One way round for each set of files that import one another: `[a, b, a]`. */
export function findCircles(graph: ImportGraph): readonly (readonly string[])[] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const begun = path.indexOf(file);
    if (begun >= 0) circles.push([...path.slice(begun), file]);
    if (begun >= 0 || done.has(file)) return;
    for (const imported of graph.get(file) ?? []) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of [...graph.keys()].sort()) visit(file, []);
  return circles;
}
