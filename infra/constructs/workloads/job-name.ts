import { ApiObject } from 'cdk8s';
import type { Job } from 'cdk8s-plus-27';
import { hashOf } from './config-files.ts';

/** Length of the hash at the end of a Job's name, and of the dash before it. */
const ENDING = '-00000000';

/** A name of the same length as {@link nameByTemplate} makes, for checks of the length. */
export function longestJobName(name: string): string {
  return `${name}${ENDING}`;
}

/**
 * Appends a hash of the pod template to the name of a Job. The API server rejects a Job with a changed template under
 * the same name, so the hash covers the whole rendered template. Must be called last, after `completeWorkload`.
 */
export function nameByTemplate(job: Job): void {
  const object = ApiObject.of(job);
  const render = object.toJson.bind(object);
  object.toJson = () => {
    const json = render() as {
      readonly metadata: { readonly name: string };
      readonly spec: { readonly template: Readonly<Record<string, unknown>> };
    };
    const hash = hashOf(json.spec.template).slice(0, ENDING.length - 1);
    return { ...json, metadata: { ...json.metadata, name: `${json.metadata.name}-${hash}` } };
  };
}
