// Loaded by `node --require` before the program: a Node that cannot run TypeScript fails at the program's first line, before
// any code of ours, so what it lacks is said here, in JavaScript that every Node reads.
'use strict';

var minimum = [24, 6];
var found = process.versions.node.split('.').map(Number);

if (found[0] < minimum[0] || (found[0] === minimum[0] && found[1] < minimum[1])) {
  process.stderr.write(
    'error: Node ' +
      minimum.join('.') +
      ' or newer is needed to run the Pulumi program, this is ' +
      process.versions.node +
      ': put node_modules/.bin first on the PATH, as npm run preview does\n',
  );
  process.exit(1);
}
