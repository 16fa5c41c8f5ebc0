// Types of setup.mjs, which is plain JavaScript because it runs before there is a Node that reads anything else.

/** Whether `node_modules` holds what `package-lock.json` names. */
export function isInstalled(root: string): boolean;

/** Links the Node of the lock file into `node_modules/.bin` if npm has not done so. */
export function linkNode(root: string, platform: string, arch: string): void;

/** @returns what to do about a Node that is too old, if the lock file brings none for the platform */
export function nodeProblem(platform: string, arch: string, version: string): string | undefined;

/** @returns program and first arguments of npm */
export function npmCommand(environment: {
  readonly npm_execpath?: string | undefined;
  readonly npm_node_execpath?: string | undefined;
}): string[];
