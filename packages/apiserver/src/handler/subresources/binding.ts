import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject, ServerResponse } from '../../contracts.ts';
import { fieldErrorText, notSupported, required, type FieldError } from '../../field-error.ts';
import { ensureObject, listAt, objectAt, textAt } from '../../registry/json-read.ts';
import { badRequest, conflict, unclassifiedError } from '../../status.ts';
import { encodeAnswer } from '../answer.ts';
import { parseObjectBody } from '../body.ts';
import { contentTypeOf } from '../media-type.ts';
import { admitSubject } from '../create.ts';
import { alreadyAdmitted, replaceObject } from '../replace-object.ts';
import type { Operation } from '../services.ts';
import { parseWriteOptions } from '../write-options.ts';

function validate(binding: JsonObject): FieldError[] {
  const target = objectAt(binding, 'target');
  const kind = textAt(target, 'kind');
  return [
    ...(kind === '' || kind === 'Node'
      ? []
      : [notSupported('target.kind', kind, ['Node', '<empty>'])]),
    ...(textAt(target, 'name') === '' ? [required('target.name')] : []),
  ];
}

function assign(operation: Operation, pod: JsonObject, binding: JsonObject): void {
  const { type, info, services } = operation;
  const spec = objectAt(pod, 'spec');
  const node = textAt(objectAt(binding, 'target'), 'name');
  const refuse = (detail: string) =>
    conflict({ ...type, plural: 'pods/binding' }, info.name, detail);
  const uid = textAt(objectAt(binding, 'metadata'), 'uid');
  if (uid !== '' && uid !== textAt(objectAt(pod, 'metadata'), 'uid')) {
    throw refuse(
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${textAt(objectAt(pod, 'metadata'), 'uid')}`,
    );
  }
  if (objectAt(pod, 'metadata')['deletionTimestamp'] !== undefined) {
    throw refuse(`pod ${info.name} is being deleted, cannot be assigned to a host`);
  }
  const present = textAt(spec, 'nodeName');
  if (present !== '')
    throw refuse(`pod ${info.name} is already assigned to node ${JSON.stringify(present)}`);
  if (listAt(spec, 'schedulingGates').length > 0) {
    throw refuse(`pod ${info.name} has non-empty .spec.schedulingGates`);
  }
  spec['nodeName'] = node;
  const annotations = objectAt(objectAt(binding, 'metadata'), 'annotations');
  if (Object.keys(annotations).length > 0) {
    const metadata = objectAt(pod, 'metadata');
    metadata['annotations'] = { ...objectAt(metadata, 'annotations'), ...annotations };
  }
  const status = ensureObject(pod, 'status');
  const conditions = listAt(status, 'conditions').filter(
    (condition) => condition['type'] !== 'PodScheduled',
  );
  const lastTransitionTime = formatTime(new Date(services.clock.now()));
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime,
  };
  status['conditions'] = [...conditions, scheduled];
}

function readBinding({ request }: Operation): JsonObject {
  return parseObjectBody(request.body, contentTypeOf(request.headers), 'Binding').object;
}

/** @throws StatusError 500, as the real server does */
function checkBinding(binding: JsonObject): void {
  const texts = [...new Set(validate(binding).map(fieldErrorText))];
  if (texts.length === 0) return;
  throw unclassifiedError(texts.length === 1 ? String(texts[0]) : `[${texts.join(', ')}]`);
}

/** Admits a binding as what the request says it is, and gives the pod of `pod.info` its node. */
async function bind(
  operation: Operation,
  pod: Operation,
  binding: JsonObject,
): Promise<ServerResponse> {
  const { request, format } = operation;
  const options = parseWriteOptions(request.query, 'CreateOptions', request.headers['user-agent']);
  checkBinding(binding);
  const kind = { group: '', version: 'v1', kind: 'Binding' };
  await admitSubject(operation, { kind, object: binding, dryRun: options.dryRun });
  await replaceObject(pod, {
    subresource: 'binding',
    dryRun: options.dryRun,
    isPut: false,
    propose(current) {
      assign(pod, current, binding);
      return current;
    },
    // Where a pod runs belongs to the cluster, not to a manager.
    track: () => undefined,
    admission: alreadyAdmitted,
    prepare: () => [],
    keepsGeneration: true,
  });
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return encodeAnswer(201, success, request, { ...format, as: 'object' });
}

/** POST of `pods/binding`: gives a pod that has no node the one it is told. */
export async function createBinding(operation: Operation): Promise<ServerResponse> {
  const binding = readBinding(operation);
  if (textAt(objectAt(binding, 'metadata'), 'name') !== operation.info.name) {
    throw badRequest('name in URL does not match name in Binding object');
  }
  return bind(operation, operation, binding);
}

/** POST of `bindings`, the older form: the binding itself says which pod it is for. */
export async function createNamedBinding(operation: Operation): Promise<ServerResponse> {
  const binding = readBinding(operation);
  const type = operation.services.registry.find('', 'v1', 'pods');
  if (type === undefined) throw new TypeError('pods are always served');
  const name = textAt(objectAt(binding, 'metadata'), 'name');
  checkBinding(binding);
  if (name === '') throw badRequest('Name parameter required.');
  const info = { ...operation.info, resource: type.plural, subresource: 'binding', name };
  return bind(operation, { ...operation, type, info }, binding);
}
