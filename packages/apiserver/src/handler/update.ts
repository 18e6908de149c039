import { recordCreation, recordUpdate } from '../apply/track-managers.ts';
import type { ServerResponse } from '../contracts.ts';
import { createObject, answerUnstored } from './create.ts';
import { decodeObjectBody } from './decode-object.ts';
import { answerRecord } from './get.ts';
import { replaceObject } from './replace-object.ts';
import { namespaceOf, type Operation } from './services.ts';
import { parseWriteOptions } from './write-options.ts';

/** PUT of an object or of its status. */
export async function update(operation: Operation): Promise<ServerResponse> {
  const { request, type, services, info } = operation;
  const options = parseWriteOptions(request.query, 'UpdateOptions', request.headers['user-agent']);
  const proposed = decodeObjectBody(operation, options.fieldValidation);
  const { subresource } = info;
  const { registry, clock } = services;
  const facts = { type, manager: options.manager, subresource, nowMs: clock.now() };
  const exists =
    services.store.find(type.storageKey, namespaceOf(operation), info.name) !== undefined;
  if (!exists && subresource === '' && type.strategy.allowCreateOnUpdate) {
    return createObject(operation, proposed, options, (object) =>
      recordCreation({ ...facts, object }),
    );
  }
  const result = await replaceObject(operation, {
    subresource,
    dryRun: options.dryRun,
    isPut: true,
    // A second attempt must not see what the first has made of it.
    propose: () => structuredClone(proposed),
    track: (object, live) => recordUpdate({ ...facts, registry, object, live }),
  });
  return result.record === undefined
    ? answerUnstored(operation, result.object)
    : answerRecord(operation, result.record, 200);
}
