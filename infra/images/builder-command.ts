import type { BuildRequest } from './image-builder.ts';

/** What docker and buildah take alike after `build`. */
export function buildArguments(request: BuildRequest): readonly string[] {
  const { reference, dockerfile, context, namedContexts, arguments: values } = request;
  return [
    ...['--tag', reference, '--file', dockerfile],
    ...Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...Object.entries(namedContexts).flatMap(([name, path]) => ['--build-context', `${name}=${path}`]),
    context,
  ];
}

/** Whether a command ends well, where that is the answer. */
export function succeeds(running: Promise<unknown>): Promise<boolean> {
  return running.then(
    () => true,
    () => false,
  );
}
