import { ApiObject } from 'cdk8s';
import type { Job } from 'cdk8s-plus-27';
import { hashOf } from './config-files.ts';

/** Digits of the hash in which the name of a Job ends, and the dash before it. */
const ENDING = '-00000000';

/** A name as long as {@link nameByTemplate} makes it, for checks of its length. */
export function longestJobName(name: string): string {
  return `${name}${ENDING}`;
}

/**
 * Appends the hash of its pod template to the name of a Job. The API server refuses a Job that has another template under
 * the same name, whatever differs in it, so the whole rendered template is hashed. Called last, after `completeWorkload`.
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
