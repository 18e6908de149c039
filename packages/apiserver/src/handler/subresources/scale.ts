import { fromLabelSelector } from '@kubewright/apimachinery';
import { recordUpdate } from '../../apply/track-managers.ts';
import type { JsonObject, ResourceType, ServerResponse, TableColumn } from '../../contracts.ts';
import { invalid } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../../registry/json-read.ts';
import { badRequest, internalError, invalidError } from '../../status.ts';
import { encodeAnswer } from '../answer.ts';
import { parseObjectBody } from '../body.ts';
import { findRequested } from '../get.ts';
import { contentTypeOf } from '../media-type.ts';
import { parsePatchBody } from '../patch-body.ts';
import { partialMetadata, tableRow } from '../presentation.ts';
import { alreadyAdmitted, replaceObject } from '../replace-object.ts';
import type { Operation } from '../services.ts';
import { admissionAttributes, writeOptionsOf } from '../strategy-context.ts';
import { objectAge } from '../../tables/object-reader.ts';
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

const SCALE_COLUMNS: readonly TableColumn[] = [
  { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
  { name: 'Desired', type: 'integer', format: '', description: '', priority: 0 },
  { name: 'Available', type: 'integer', format: '', description: '', priority: 0 },
  { name: 'Age', type: 'date', format: '', description: '', priority: 0 },
];

/** The scale in the look that the client asked for. */
function answerScale(operation: Operation, object: JsonObject): ServerResponse {
  const { type, request, format, services } = operation;
  const scale = scaleOf(type, object);
  if (format.as !== 'table') {
    const shown = format.as === 'metadata' ? partialMetadata(scale) : scale;
    return encodeAnswer(200, shown, request, format);
  }
  const desired = numberAt(objectAt(scale, 'spec'), 'replicas') ?? 0;
  const available = numberAt(objectAt(scale, 'status'), 'replicas') ?? 0;
  const age = objectAge(scale, services.clock.now());
  const table = {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: textAt(objectAt(scale, 'metadata'), 'resourceVersion') },
    columnDefinitions: SCALE_COLUMNS,
    rows: [tableRow(operation, scale, [operation.info.name, desired, available, age])],
  };
  return encodeAnswer(200, table, request, format);
}

/** GET of the scale. */
export async function getScale(operation: Operation): Promise<ServerResponse> {
  return answerScale(operation, await readRecord(operation.type, findRequested(operation)));
}

function replicasOf(scale: JsonObject): number {
  const replicas = numberAt(objectAt(scale, 'spec'), 'replicas') ?? 0;
  if (!Number.isInteger(replicas)) {
    throw badRequest(
      'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal number into Go struct field ScaleSpec.spec.replicas of type int32',
    );
  }
  return replicas;
}

async function writeScale(
  operation: Operation,
  options: WriteOptions,
  propose: (scale: JsonObject) => JsonObject,
): Promise<ServerResponse> {
  const { type, info, services } = operation;
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
      if (name === '') {
        throw badRequest(
          `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
        );
      }
      if (name !== info.name) {
        throw badRequest(
          `the name of the object (${name}) does not match the name on the URL (${info.name})`,
        );
      }
      const replicas = replicasOf(scale);
      // The schema of a custom resource has rules of its own.
      if (replicas < 0 && type.origin === 'builtin') {
        const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
        throw invalidError(SCALE_KIND, name, [error]);
      }
      writePath(current, type.scale?.specReplicasPath ?? SPEC_REPLICAS, replicas);
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
  return answerScale(operation, result.object);
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
