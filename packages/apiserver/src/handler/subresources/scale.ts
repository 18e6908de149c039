import { fromLabelSelector } from '@kubewright/apimachinery';
import { decodeManagers, encodeManagers, type Managers } from '../../apply/managers.ts';
import { recordUpdateOfOnlyVersion, withoutManagedFields } from '../../apply/track-managers.ts';
import type { JsonObject, ResourceType, ServerResponse, TableColumn } from '../../contracts.ts';
import { invalid } from '../../field-error.ts';
import { numberAt, objectAt, textAt } from '../../registry/json-read.ts';
import { badRequest, internalError, invalidError, unclassifiedError } from '../../status.ts';
import { encodeAnswer } from '../answer.ts';
import { checkAppliedKind, mergeApplied, readConfiguration } from '../apply.ts';
import { decodeObjectBody } from '../decode-object.ts';
import { findRequested } from '../get.ts';
import { contentTypeOf } from '../media-type.ts';
import { APPLY_TYPES, decodePatched } from '../patch.ts';
import { parseApplyBody, parsePatchBody, unsupportedCustomPatch } from '../patch-body.ts';
import { partialMetadata, tableRow } from '../presentation.ts';
import { alreadyAdmitted, replaceObject } from '../replace-object.ts';
import type { Operation } from '../services.ts';
import { admissionAttributes, writeOptionsOf } from '../strategy-context.ts';
import { objectAge } from '../../tables/object-reader.ts';
import { readRecord } from '../../storage/version-reader.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ScaleOwners } from './scale-owners.ts';
import { SCALE_TYPE } from './scale-type.ts';
import { parseWriteOptions, type WriteOptions } from '../write-options.ts';

/** How the scale of a custom resource can be patched. */
const CUSTOM_PATCHES = new Set(['application/json-patch+json', 'application/merge-patch+json']);
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
  const replicas = readPath(object, replicasPath(type));
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

/** Where an object has its replicas. */
function replicasPath(type: ResourceType): string {
  return type.scale?.specReplicasPath ?? SPEC_REPLICAS;
}

function ownersOf(object: JsonObject): Managers {
  return decodeManagers(objectAt(object, 'metadata')['managedFields']) ?? new Map();
}

/** The scale of an object as it is changed: with those who own it. */
function ownedScale(type: ResourceType, object: JsonObject): JsonObject {
  const scale = scaleOf(type, object);
  const ofScale = new ScaleOwners(type, pathParts(replicasPath(type))).ofScale(ownersOf(object));
  const managedFields = encodeManagers(ofScale);
  if (managedFields !== undefined) objectAt(scale, 'metadata')['managedFields'] = managedFields;
  // In the order in which an error quotes it.
  return { apiVersion: 'autoscaling/v1', ...scale };
}

/** The scale as it should be, made from a fresh copy of what it is; its `managedFields` say who owns it. */
type ScaleProposal = (scale: JsonObject) => JsonObject | Promise<JsonObject>;

async function writeScale(
  operation: Operation,
  options: WriteOptions,
  propose: ScaleProposal,
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
  let owners: Managers = new Map();
  const result = await replaceObject(operation, {
    subresource: 'scale',
    dryRun: options.dryRun,
    isPut: false,
    async propose(current) {
      const scale = await propose(ownedScale(type, current));
      owners = ownersOf(scale);
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
      const replicas = numberAt(objectAt(scale, 'spec'), 'replicas') ?? 0;
      // The schema of a custom resource has rules of its own.
      if (replicas < 0 && type.origin === 'builtin') {
        const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
        throw invalidError(SCALE_KIND, name, [error]);
      }
      writePath(current, replicasPath(type), replicas);
      const version = textAt(metadata, 'resourceVersion');
      if (version !== '') objectAt(current, 'metadata')['resourceVersion'] = version;
      return current;
    },
    track(object, live) {
      const after = new ScaleOwners(type, pathParts(replicasPath(type))).ofObject(
        ownersOf(live),
        owners,
      );
      setOrDelete(objectAt(object, 'metadata'), 'managedFields', encodeManagers(after));
    },
    admission: {
      ...alreadyAdmitted,
      validate: async (object, old) =>
        services.admission.validate(attributes(scaleOf(type, object), old)),
    },
  });
  return answerScale(operation, result.object);
}

/** The same request, told of the scale in place of its object. */
function ofScale(operation: Operation): Operation {
  return { ...operation, type: SCALE_TYPE };
}

/** Notes in a proposed scale that its replicas were written by an update or a patch. */
function noteUpdate(scale: JsonObject, live: JsonObject, { manager }: WriteOptions): JsonObject {
  recordUpdateOfOnlyVersion({
    type: SCALE_TYPE,
    object: scale,
    live,
    manager,
    subresource: 'scale',
    nowMs: undefined,
  });
  return scale;
}

/** PUT of the scale. */
export async function updateScale(operation: Operation): Promise<ServerResponse> {
  const { request } = operation;
  const options = parseWriteOptions(request.query, 'UpdateOptions', request.headers['user-agent']);
  const object = decodeObjectBody(ofScale(operation), options.fieldValidation);
  return writeScale(operation, options, (live) =>
    noteUpdate(structuredClone(object), live, options),
  );
}

/** PATCH of the scale. */
export async function patchScale(operation: Operation): Promise<ServerResponse> {
  const { request, type } = operation;
  const contentType = contentTypeOf(request.headers);
  if (APPLY_TYPES.has(contentType)) return applyScale(operation);
  const options = parseWriteOptions(request.query, 'PatchOptions', request.headers['user-agent']);
  if (type.origin === 'custom' && !CUSTOM_PATCHES.has(contentType)) throw unsupportedCustomPatch();
  const body = parsePatchBody(ofScale(operation), contentType);
  return writeScale(operation, options, (live) => {
    // Of a custom resource the patch sees no owners.
    const seen = type.origin === 'custom' ? withoutManagedFields(live) : structuredClone(live);
    const patched = decodePatched(ofScale(operation), body, body.apply(seen), options);
    return noteUpdate(patched, live, options);
  });
}

/** PATCH of the scale by an apply configuration. */
async function applyScale(operation: Operation): Promise<ServerResponse> {
  const { request, type, info } = operation;
  const options = parseWriteOptions(
    request.query,
    'PatchOptions',
    request.headers['user-agent'],
    true,
  );
  if (type.origin === 'custom') throw unappliedCustomScale(operation);
  const { subresource } = info;
  const configuration = readConfiguration(ofScale(operation), options);
  return writeScale(operation, options, (live) =>
    mergeApplied(ofScale(operation), live, configuration, { ...options, subresource }),
  );
}

/** A real server fails at the scale of a custom resource: it looks for the Scale among the custom kinds. */
function unappliedCustomScale(operation: Operation): Error {
  checkAppliedKind(SCALE_TYPE, parseApplyBody(operation.request.body).object);
  findRequested(operation);
  return unclassifiedError(
    'failed to create manager for existing fields: failed to convert live object (/; autoscaling/v1, Kind=Scale) ' +
      'to proper version: request to convert CR to an invalid group/version: autoscaling/v1',
  );
}
