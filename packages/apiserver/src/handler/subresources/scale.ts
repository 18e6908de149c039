import { fromLabelSelector } from '@kubewright/apimachinery';
import { recordUpdate } from '../../apply/track-managers.ts';
import type { JsonObject, ResourceType, ServerResponse } from '../../contracts.ts';
import { invalid, type FieldError } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../../registry/json-read.ts';
import { badRequest, internalError, invalidError } from '../../status.ts';
import { encodeAnswer } from '../answer.ts';
import { parseObjectBody } from '../body.ts';
import { findRequested } from '../get.ts';
import { contentTypeOf } from '../media-type.ts';
import { parsePatchBody } from '../patch-body.ts';
import { alreadyAdmitted, replaceObject } from '../replace-object.ts';
import type { Operation } from '../services.ts';
import { admissionAttributes, writeOptionsOf } from '../strategy-context.ts';
import { readRecord } from '../../storage/version-reader.ts';
import { parseWriteOptions, type WriteOptions } from '../write-options.ts';

const SCALE_KIND = { group: 'autoscaling', kind: 'Scale' };

/** Built-in kinds keep their replicas here, and their selector in `spec.selector`. */
const SPEC_REPLICAS = '.spec.replicas';
const STATUS_REPLICAS = '.status.replicas';

function pathParts(jsonPath: string): string[] {
  return jsonPath.split('.').filter((part) => part !== '');
}

function readPath(object: JsonObject, jsonPath: string): unknown {
  let value: unknown = object;
  for (const part of pathParts(jsonPath)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    // An own member of an object that is not null.
    value = (value as JsonObject)[part];
  }
  return value;
}

function writePath(object: JsonObject, jsonPath: string, value: unknown): void {
  const parts = pathParts(jsonPath);
  const last = parts.pop();
  let holder = object;
  for (const part of parts) {
    holder[part] ??= {};
    // The schema says that the path leads through objects.
    holder = holder[part] as JsonObject;
  }
  if (last !== undefined) holder[last] = value;
}

/** A selector as `kubectl` writes it; ReplicationControllers have a plain map. */
function selectorText(type: ResourceType, object: JsonObject): string {
  if (type.scale !== undefined) {
    const { labelSelectorPath } = type.scale;
    const value = labelSelectorPath === undefined ? undefined : readPath(object, labelSelectorPath);
    return typeof value === 'string' ? value : '';
  }
  const selector = objectAt(objectAt(object, 'spec'), 'selector');
  const isPlainMap = Object.values(selector).every((value) => typeof value === 'string');
  return fromLabelSelector(isPlainMap ? { matchLabels: selector } : selector).toString();
}

/** What the scale subresource shows of an object. */
function scaleOf(type: ResourceType, object: JsonObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = objectAt(
    object,
    'metadata',
  ) as Readonly<Record<string, unknown>>;
  const replicas = readPath(object, type.scale?.specReplicasPath ?? SPEC_REPLICAS);
  const current = readPath(object, type.scale?.statusReplicasPath ?? STATUS_REPLICAS);
  const selector = selectorText(type, object);
  if (type.scale !== undefined && replicas === undefined) {
    throw internalError(
      `the spec replicas field ${JSON.stringify(type.scale.specReplicasPath)} does not exist`,
    );
  }
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: typeof current === 'number' ? current : 0,
      ...(selector === '' ? {} : { selector }),
    },
  };
}

/** GET of the scale. */
export async function getScale(operation: Operation): Promise<ServerResponse> {
  const { type, request, format } = operation;
  const object = await readRecord(type, findRequested(operation));
  return encodeAnswer(200, scaleOf(type, object), request, { ...format, as: 'object' });
}

function replicasOf(scale: JsonObject, name: string): number {
  const replicas = numberAt(objectAt(scale, 'spec'), 'replicas') ?? 0;
  const errors: FieldError[] = [];
  if (!Number.isInteger(replicas)) {
    throw badRequest(
      'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal number into Go struct field ScaleSpec.spec.replicas of type int32',
    );
  }
  if (replicas < 0) {
    errors.push(invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
  }
  if (errors.length > 0) throw invalidError(SCALE_KIND, name, errors);
  return replicas;
}

async function writeScale(
  operation: Operation,
  options: WriteOptions,
  propose: (scale: JsonObject) => JsonObject,
): Promise<ServerResponse> {
  const { type, request, format, info, services } = operation;
  // Admission sees the scale, before it becomes a part of the object.
  const attributes = (scale: JsonObject, object: JsonObject) =>
    admissionAttributes(operation, {
      operation: 'UPDATE',
      name: info.name,
      kind: { ...SCALE_KIND, version: 'v1' },
      object: scale,
      old: scaleOf(type, object),
      dryRun: options.dryRun,
      options: writeOptionsOf(operation, 'UpdateOptions'),
    });
  const result = await replaceObject(operation, {
    subresource: 'scale',
    dryRun: options.dryRun,
    isPut: false,
    async propose(current) {
      const scale = propose(scaleOf(type, current));
      await services.admission.admit(attributes(scale, current));
      const metadata = objectAt(scale, 'metadata');
      const name = textAt(metadata, 'name');
      if (name !== '' && name !== info.name) {
        throw badRequest(
          `the name of the object (${name}) does not match the name on the URL (${info.name})`,
        );
      }
      writePath(current, type.scale?.specReplicasPath ?? SPEC_REPLICAS, replicasOf(scale, name));
      const version = textAt(metadata, 'resourceVersion');
      if (version !== '') objectAt(current, 'metadata')['resourceVersion'] = version;
      return current;
    },
    track: (object, live) =>
      recordUpdate({
        type,
        registry: services.registry,
        object,
        live,
        manager: options.manager,
        subresource: 'scale',
        nowMs: undefined,
      }),
    admission: {
      ...alreadyAdmitted,
      validate: async (object, old) =>
        services.admission.validate(attributes(scaleOf(type, object), old)),
    },
  });
  return encodeAnswer(200, scaleOf(type, result.object), request, { ...format, as: 'object' });
}

/** PUT of the scale. */
export async function updateScale(operation: Operation): Promise<ServerResponse> {
  const { request } = operation;
  const options = parseWriteOptions(request.query, 'UpdateOptions', request.headers['user-agent']);
  const { object } = parseObjectBody(request.body, contentTypeOf(request.headers), 'Scale');
  return writeScale(operation, options, () => structuredClone(object));
}

/** PATCH of the scale. */
export async function patchScale(operation: Operation): Promise<ServerResponse> {
  const { request } = operation;
  const options = parseWriteOptions(request.query, 'PatchOptions', request.headers['user-agent']);
  const body = parsePatchBody(operation, contentTypeOf(request.headers));
  return writeScale(operation, options, (scale) => body.apply(scale));
}
