import { recordUpdate } from '../../apply/track-managers.ts';
import type { JsonObject, ServerResponse } from '../../contracts.ts';
import { answerUnstored } from '../create.ts';
import { decodeObjectBody } from '../decode-object.ts';
import { answerRecord } from '../get.ts';
import { contentTypeOf } from '../media-type.ts';
import { parsePatchBody } from '../patch-body.ts';
import { decodePatched } from '../patch.ts';
import { replaceObject, type Replacement } from '../replace-object.ts';
import type { Verb } from '../routes.ts';
import type { Operation } from '../services.ts';
import { parseWriteOptions, type WriteOptions } from '../write-options.ts';

/** Takes over from `old` all that the subresource may not change, and says what is wrong with the rest. */
export type Prepare = (
  operation: Operation,
  ...change: Parameters<NonNullable<Replacement['prepare']>>
) => ReturnType<NonNullable<Replacement['prepare']>>;

/** PUT and PATCH of a subresource that shows the whole object and lets a part of it be written. */
export function preparedSubresource(
  subresource: string,
  prepare: Prepare,
): { readonly update: Verb; readonly patch: Verb } {
  async function write(
    operation: Operation,
    options: WriteOptions,
    propose: Replacement['propose'],
    isPut: boolean,
  ): Promise<ServerResponse> {
    const { type, services } = operation;
    const result = await replaceObject(operation, {
      subresource,
      dryRun: options.dryRun,
      isPut,
      propose,
      track: (object, live) =>
        recordUpdate({
          type,
          registry: services.registry,
          object,
          live,
          manager: options.manager,
          subresource,
          nowMs: services.clock.now(),
        }),
      prepare: (object, old) => prepare(operation, object, old),
    });
    return result.record === undefined
      ? answerUnstored(operation, result.object)
      : answerRecord(operation, result.record, 200);
  }

  return {
    async update(operation) {
      const { request } = operation;
      const options = parseWriteOptions(
        request.query,
        'UpdateOptions',
        request.headers['user-agent'],
      );
      const proposed = decodeObjectBody(operation, options.fieldValidation);
      return write(operation, options, () => structuredClone(proposed), true);
    },
    async patch(operation) {
      const { request } = operation;
      const options = parseWriteOptions(
        request.query,
        'PatchOptions',
        request.headers['user-agent'],
      );
      const body = parsePatchBody(operation, contentTypeOf(request.headers));
      const propose = (current: JsonObject) =>
        decodePatched(operation, body, body.apply(current), options);
      return write(operation, options, propose, false);
    },
  };
}
