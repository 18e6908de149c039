import {
  isJsonObject,
  parseApiVersion,
  type KubernetesObject,
  type Resource,
} from '@kubewright/apimachinery';
import { MalformedReviewError, type WebhookRoute } from '../webhook-route.ts';

/** A resource whose objects can be told in several versions: what `defineCustomResource` makes is one. */
export interface Convertible {
  /** In any of its versions; kind and group count. */
  readonly resource: Resource;
  /**
   * The object in another version, as a new object with the same metadata (labels and annotations may differ).
   *
   * @throws when that cannot be; the message is shown to whoever sent the request.
   */
  convert(object: KubernetesObject, apiVersion: string): KubernetesObject;
}

/** Longest list that is converted at once, in bytes: about 30,000 objects of 4 KiB. */
const maxBytes = 128 * 1024 * 1024;

/** Longest time that converting holds up everything else in the process, in milliseconds. */
const sliceMs = 10;

/** Answers the ConversionReviews (`apiextensions.k8s.io/v1`) of these resources. */
export function conversionWebhook(path: string, resources: readonly Convertible[]): WebhookRoute {
  const byKind = new Map(
    resources.map((each) => [`${each.resource.kind}.${each.resource.group}`, each]),
  );
  const find = (object: KubernetesObject): Convertible => {
    const { group } = parseApiVersion(object.apiVersion ?? '');
    const found = byKind.get(`${object.kind ?? ''}.${group}`);
    if (found !== undefined) return found;
    throw new Error(`this webhook does not convert ${object.kind ?? ''} of ${group}`);
  };
  return {
    path,
    maxBytes,
    async answer(review, signal) {
      const { uid, desiredAPIVersion, objects } = requestOf(review);
      return {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'ConversionReview',
        response: {
          uid,
          ...(await convertAll(
            objects,
            (object) => find(object).convert(object, desiredAPIVersion),
            signal,
          )),
        },
      };
    },
  };
}

interface ConversionRequest {
  readonly uid: string;
  readonly desiredAPIVersion: string;
  readonly objects: readonly KubernetesObject[];
}

type ConversionResult =
  | {
      readonly result: { readonly status: 'Success' };
      readonly convertedObjects: readonly KubernetesObject[];
    }
  | { readonly result: { readonly status: 'Failed'; readonly message: string } };

/** All of them or none: the API has no words for a part. */
async function convertAll(
  objects: readonly KubernetesObject[],
  convert: (object: KubernetesObject) => KubernetesObject,
  signal: AbortSignal,
): Promise<ConversionResult> {
  const converted: KubernetesObject[] = [];
  let sliceEnd = performance.now() + sliceMs;
  try {
    for (const object of objects) {
      converted.push(convert(object));
      if (performance.now() < sliceEnd) continue;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      sliceEnd = performance.now() + sliceMs;
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { result: { status: 'Failed', message } };
  }
  return { result: { status: 'Success' }, convertedObjects: converted };
}

function requestOf(review: unknown): ConversionRequest {
  if (
    !isJsonObject(review) ||
    review['kind'] !== 'ConversionReview' ||
    review['apiVersion'] !== 'apiextensions.k8s.io/v1'
  ) {
    throw new MalformedReviewError('this is no ConversionReview of apiextensions.k8s.io/v1');
  }
  const { request } = review;
  if (!isJsonObject(request)) throw new MalformedReviewError('the review has no request');
  const { uid, desiredAPIVersion } = request;
  const objects: unknown = request['objects'];
  if (typeof uid !== 'string' || typeof desiredAPIVersion !== 'string' || !Array.isArray(objects)) {
    throw new MalformedReviewError('the request lacks uid, desiredAPIVersion or objects');
  }
  if (!isObjects(objects)) {
    throw new MalformedReviewError('the objects must all be objects with metadata');
  }
  return { uid, desiredAPIVersion, objects };
}

function isObjects(values: readonly unknown[]): values is readonly KubernetesObject[] {
  return values.every((value) => isJsonObject(value) && isJsonObject(value['metadata']));
}
