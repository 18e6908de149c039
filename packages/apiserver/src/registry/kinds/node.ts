import type { Strategy } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, setDefault, textAt } from '../json-read.ts';

/** The behaviour of nodes. A kubelet registers itself with a status, so creation keeps it. */
export const node: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    const block = textAt(spec, 'podCIDR');
    if (block !== '') setDefault(spec, 'podCIDRs', [block]);
    const status = ensureObject(object, 'status');
    if (status['capacity'] !== undefined) setDefault(status, 'allocatable', status['capacity']);
  },
  prepareForCreate: () => undefined,
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
};
