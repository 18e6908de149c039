import { isJsonObject } from '@kubewright/apimachinery';
import type { Unreadable } from './read-cluster.ts';

/** Parts of a pod's status that a diagnosis rests on, and are lists. */
const lists = [
  'conditions',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
] as const;

/** Parts that are texts. */
const texts = ['phase', 'reason', 'message'] as const;

/** A pod of which no more is known than that it has a name. */
interface PodOfAFile {
  readonly metadata: {
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
  };
  readonly status?: unknown;
}

/**
 * What cannot be told of a pod because its status is not there, or is not what a status is: a diagnosis passes over
 * that, and to call such a pod healthy would be a guess. Undefined when its status can be read.
 *
 * Only files hold such pods: an API server refuses them.
 */
export function unreadStatusOf({ metadata, status }: PodOfAFile): Unreadable | undefined {
  const { namespace, name = '' } = metadata;
  const what = `the status of pod/${name}${namespace === undefined ? '' : `, namespace ${namespace}`}`;
  if (status === undefined || status === null) {
    return {
      what,
      why: 'there is none: give what the cluster says of it, as "kubectl get pod NAME -o json" does',
    };
  }
  if (!isJsonObject(status)) return { what, why: 'it is no object' };
  const isGiven = (key: string): boolean => status[key] !== undefined && status[key] !== null;
  const wrong = [
    ...lists
      .filter((key) => isGiven(key) && !isListOfObjects(status[key]))
      .map((key) => `${key} is no list of objects`),
    ...texts
      .filter((key) => isGiven(key) && typeof status[key] !== 'string')
      .map((key) => `${key} is no text`),
  ];
  return wrong.length === 0 ? undefined : { what, why: wrong.join(', ') };
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isJsonObject);
}
