import type { ServerResponse } from '../../contracts.ts';
import { encodeAnswer } from '../answer.ts';
import { parseObjectBody } from '../body.ts';
import { admitSubject } from '../create.ts';
import { findRequested } from '../get.ts';
import { contentTypeOf } from '../media-type.ts';
import type { Operation } from '../services.ts';

/** POST of `serviceaccounts/token`: a fresh token that names the account. */
export async function createToken(operation: Operation): Promise<ServerResponse> {
  const { request, services, format } = operation;
  const { object } = parseObjectBody(request.body, contentTypeOf(request.headers), 'TokenRequest');
  const account = findRequested(operation).object;
  const kind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
  await admitSubject(operation, { kind, object, dryRun: false });
  const answer = await services.access.issueToken(object, account);
  return encodeAnswer(201, answer, request, { ...format, as: 'object' });
}
