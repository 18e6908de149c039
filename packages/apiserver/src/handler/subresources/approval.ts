import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  fillConditionTimes,
  validateSigningRequestStatus,
} from '../../registry/certificates/signing-request-rules.ts';
import { objectAt } from '../../registry/json-read.ts';
import { preparedSubresource } from './prepared-subresource.ts';

/** PUT and PATCH of `certificatesigningrequests/approval`: how `kubectl certificate` approves and denies. */
export const approval = preparedSubresource('approval', ({ services }, object, old) => {
  fillConditionTimes(object, old, formatTime(new Date(services.clock.now())));
  const conditions: unknown = objectAt(object, 'status')['conditions'];
  setOrDelete(object, 'spec', old['spec']);
  const status: JsonObject = { ...objectAt(old, 'status') };
  setOrDelete(status, 'conditions', conditions);
  object['status'] = status;
  return validateSigningRequestStatus(object, old, 'approval');
});
