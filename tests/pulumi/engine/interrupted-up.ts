import { lab } from '../../../infra/environments/lab.ts';
import { openStack } from './stack.ts';
import { PulumiCommand } from '@pulumi/pulumi/automation/index.js';

/** An `up` in a process of its own, so that it can be killed. Arguments: directory of the backend, root of the CLI, provider's port. */
const [directory = '', root = '', providerPort = ''] = process.argv.slice(2);
const command = await PulumiCommand.get({ root });
const backend = { directory, command, ...(providerPort !== '' && { providerPort: Number(providerPort) }) };
const stack = await openStack({ backend, name: 'lab', environment: () => lab });
await stack.up();
