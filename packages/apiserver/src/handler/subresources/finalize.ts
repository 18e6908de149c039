import { recordUpdate } from '../../apply/track-managers.ts';
import type { ServerResponse } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, objectAt } from '../../registry/json-read.ts';
import { answerUnstored } from '../create.ts';
import { decodeObjectBody } from '../decode-object.ts';
import { answerRecord } from '../get.ts';
import { replaceObject } from '../replace-object.ts';
import type { Operation } from '../services.ts';
import { parseWriteOptions } from '../write-options.ts';

/** PUT of `namespaces/finalize`: only `spec.finalizers` is taken; without any, a marked namespace goes. */
export async function updateFinalizers(operation: Operation): Promise<ServerResponse> {
  const { request, type, services } = operation;
  const options = parseWriteOptions(request.query, 'UpdateOptions', request.headers['user-agent']);
  const proposed = decodeObjectBody(operation, options.fieldValidation);
  const result = await replaceObject(operation, {
    subresource: 'finalize',
    dryRun: options.dryRun,
    isPut: true,
    propose: () => structuredClone(proposed),
    track: (object, live) =>
      recordUpdate({
        type,
        registry: services.registry,
        object,
        live,
        manager: options.manager,
        subresource: 'finalize',
        nowMs: services.clock.now(),
      }),
    prepare(object, old) {
      const finalizers: unknown = objectAt(object, 'spec')['finalizers'];
      object['spec'] = { ...objectAt(old, 'spec') };
      setOrDelete(ensureObject(object, 'spec'), 'finalizers', finalizers);
      setOrDelete(object, 'status', old['status']);
      return [];
    },
  });
  return result.record === undefined
    ? answerUnstored(operation, result.object)
    : answerRecord(operation, result.record, 200);
}
