import { formatTime } from '@kubewright/apimachinery';
import type { JsonObject, Strategy, UserInfo } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  fillConditionTimes,
  keepVerdicts,
  validateSigningRequestSpec,
  validateSigningRequestStatus,
} from '../certificates/signing-request-rules.ts';
import { ensureObject, objectAt } from '../json-read.ts';
import { validatePathSegment } from '../validation/value-rules.ts';

/** Who asks for a certificate is told by the server: signers decide by it. */
function fillRequester(spec: JsonObject, user: UserInfo): void {
  spec['username'] = user.username;
  setOrDelete(spec, 'uid', user.uid === '' ? undefined : user.uid);
  spec['groups'] = [...user.groups];
  const extra = structuredClone(user.extra ?? {});
  setOrDelete(spec, 'extra', Object.keys(extra).length === 0 ? undefined : extra);
}

/** The behaviour of CertificateSigningRequests: what was asked for stays, the answer is given by subresources. */
export const signingRequest: Partial<Strategy> = {
  validateName: validatePathSegment,
  resetFields: {
    '': [['spec'], ['status']],
    status: [['spec'], ['status', 'conditions']],
    approval: [['spec'], ['status', 'certificate']],
  },
  prepareForCreate(object, { user }) {
    fillRequester(ensureObject(object, 'spec'), user);
    delete object['status'];
  },
  prepareForUpdate(object, old) {
    setOrDelete(object, 'spec', old['spec']);
    setOrDelete(object, 'status', old['status']);
  },
  prepareForStatusUpdate(object, old, { clock }) {
    setOrDelete(object, 'spec', old['spec']);
    keepVerdicts(object, old);
    fillConditionTimes(object, old, formatTime(new Date(clock.now())));
  },
  validate: (object) => validateSigningRequestSpec(objectAt(object, 'spec')),
  validateStatusUpdate: (object, old) => validateSigningRequestStatus(object, old, 'status'),
};
