import { ensureObject, listAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no pods until somebody has found it ready. */
export const nodeTaints: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  admit({ operation, type, subresource, object }) {
    if (operation !== 'CREATE' || type.storageKey !== 'nodes' || subresource !== '') return;
    if (object === undefined) return;
    const spec = ensureObject(object, 'spec');
    const taints = listAt(spec, 'taints');
    const isThere = taints.some(
      ({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect,
    );
    if (!isThere) spec['taints'] = [...taints, { ...NOT_READY }];
  },
};
