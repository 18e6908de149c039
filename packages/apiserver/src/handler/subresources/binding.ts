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

/** POST of `pods/binding`: gives a pod that has no node the one it is told. */
export async function createBinding(operation: Operation): Promise<ServerResponse> {
  const { request, info, format } = operation;
  const options = parseWriteOptions(request.query, 'CreateOptions', request.headers['user-agent']);
  const { object: binding } = parseObjectBody(
    request.body,
    contentTypeOf(request.headers),
    'Binding',
  );
  if (textAt(objectAt(binding, 'metadata'), 'name') !== info.name) {
    throw badRequest('name in URL does not match name in Binding object');
  }
  const errors = validate(binding);
  const [error] = errors;
  if (error !== undefined) throw unclassifiedError(fieldErrorText(error));
  const kind = { group: '', version: 'v1', kind: 'Binding' };
  await admitSubject(operation, { kind, object: binding, dryRun: options.dryRun });
  await replaceObject(operation, {
    subresource: 'binding',
    dryRun: options.dryRun,
    isPut: false,
    propose(pod) {
      assign(operation, pod, binding);
      return pod;
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
