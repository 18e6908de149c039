import type { ObjectReference } from '@kubewright/apimachinery';
import type { EventSubject } from './event-input.ts';

/**
 * What an Event says of its subject.
 *
 * @throws TypeError when the object does not say its apiVersion, kind or name.
 */
export function referenceTo(subject: EventSubject, fieldPath?: string): ObjectReference {
  const { apiVersion, kind, metadata } = subject;
  if (apiVersion === undefined || kind === undefined || metadata.name === undefined) {
    throw new TypeError('an Event needs a subject with apiVersion, kind and metadata.name');
  }
  return {
    apiVersion,
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(metadata.resourceVersion === undefined
      ? {}
      : { resourceVersion: metadata.resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}
