import {
  defineResource,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Scale,
  type Stored,
} from '@kubewright/apimachinery';
import type { ClientContext } from './client-context.ts';
import { getObject } from './read-object.ts';
import { patchObject, updateObject } from './write-object.ts';
import type { Patch, PatchOptions, WriteOptions } from './write-options.ts';

/** The scale of an object (autoscaling/v1): how many replicas it has, and should have. */
export type ScaleObject = Scale & Pick<KubernetesObject, 'metadata'>;

/** The scale subresource of a kind, as a resource: the same URLs, other objects (autoscaling/v1). */
function scaleOf<T extends KubernetesObject>(resource: Resource<T>): Resource<ScaleObject> {
  return defineResource<ScaleObject>({ ...resource, listKind: resource.listKind });
}

const subresource = 'scale';

/** Reads how many replicas an object has, and should have. */
export async function getScale<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  ref: NamespacedName,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Stored<ScaleObject>> {
  return getObject(context, scaleOf(resource), ref, { ...options, subresource });
}

/** Replaces the scale of an object. */
export async function updateScale<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  scale: ScaleObject,
  options: WriteOptions = {},
): Promise<Stored<ScaleObject>> {
  return updateObject(context, scaleOf(resource), scale, {
    ...options,
    subresource,
    type: { apiVersion: 'autoscaling/v1', kind: 'Scale' },
  });
}

/** Changes the scale of an object. */
export async function patchScale<T extends KubernetesObject>(
  context: ClientContext,
  resource: Resource<T>,
  ref: NamespacedName,
  patch: Patch,
  options: Omit<PatchOptions, 'subresource'> = {},
): Promise<Stored<ScaleObject>> {
  return patchObject(context, scaleOf(resource), ref, patch, { ...options, subresource });
}
