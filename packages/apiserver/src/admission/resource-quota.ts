import type { JsonObject, ObjectStore } from '../contracts.ts';
import { charge, type ChargeOutcome } from '../quota/charge.ts';
import { meterOf } from '../quota/meters.ts';
import { ensureObject } from '../registry/json-read.ts';
import { toResourceList } from '../resources/amounts.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

const QUOTAS = 'resourcequotas';
const NOTHING: ChargeOutcome = { type: 'charged', used: new Map() };

function outcomeOf(attributes: AdmissionAttributes): ChargeOutcome {
  const { operation, type, subresource, namespace, object, old, store, clock } = attributes;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return NOTHING;
  if (type.scope === 'Cluster' || type.virtual !== undefined || object === undefined) {
    return NOTHING;
  }
  const quotas = store.list(QUOTAS, namespace);
  if (quotas.length === 0) return NOTHING;
  const meter = meterOf(type.storageKey);
  const write = { operation, subresource, object, old };
  if (meter?.isCharged(write) !== true) return NOTHING;
  return charge(quotas, meter, write, clock.now());
}

function chargeOrRefuse(attributes: AdmissionAttributes): ReadonlyMap<string, JsonObject> {
  const outcome = outcomeOf(attributes);
  if (outcome.type === 'refused') throw refusal(attributes, outcome.detail);
  return new Map([...outcome.used].map(([name, used]) => [name, toResourceList(used)]));
}

/**
 * Nothing is stored beyond what the quotas of its namespace leave. It is charged in the turn in which it is stored: so
 * writes at the same time never take more than there is, and what fails in the end has taken nothing.
 */
export function resourceQuota(store: ObjectStore): AdmissionPlugin {
  return {
    name: 'ResourceQuota',
    validate: (attributes) => void chargeOrRefuse(attributes),
    commit(attributes) {
      for (const [name, used] of chargeOrRefuse(attributes)) {
        store.modify(QUOTAS, attributes.namespace, name, (quota) => {
          ensureObject(quota, 'status')['used'] = used;
          return quota;
        });
      }
    },
  };
}
