import { verifyCommand } from './verify/command.ts';

const { exitCode, stdout, stderr } = await verifyCommand(process.argv.slice(2), process.env);
process.stdout.write(stdout);
process.stderr.write(stderr);
process.exitCode = exitCode;
