/** What the README asks of a newcomer. */
export interface FirstSteps {
  /** Debian's packages of the prerequisites. */
  readonly packages: readonly string[];
  /** Word for word. */
  readonly commands: readonly string[];
}

/** @throws {Error} where the section is not as it is read here */
export function readFirstSteps(readme: string): FirstSteps {
  const [, section = ''] = /^## Two commands\n(.*?)^## /ms.exec(readme) ?? [];
  const [, packages = ''] = /`apt-get install -y ([^`]+)`/.exec(section) ?? [];
  const [, block = ''] = /^```sh\n(.*?)^```$/ms.exec(section) ?? [];
  const commands = block.trimEnd().split('\n');
  if (packages === '' || commands.length !== 2)
    throw new Error(
      'README.md: "Two commands" must have an `apt-get install -y …` and a block of two commands',
    );
  return { packages: packages.split(' '), commands };
}
