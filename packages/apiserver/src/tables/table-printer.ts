import type { ResourceType, TablePrinter } from '../contracts.ts';
import { customTable } from './custom-table.ts';
import type { KindTable } from './kind-table.ts';
import { CLUSTER_TABLES } from './kinds/cluster.ts';
import { DRIVER_TABLES } from './kinds/drivers.ts';
import { POLICY_TABLES } from './kinds/policies.ts';
import { CONFIGURATION_TABLES, DEFAULT_TABLE } from './kinds/configuration.ts';
import { PODS } from './kinds/pods.ts';
import { WORKLOAD_TABLES } from './kinds/workloads.ts';

const BUILTIN_TABLES: ReadonlyMap<string, KindTable> = new Map<string, KindTable>([
  ['pods/v1', PODS],
  ...Object.entries(WORKLOAD_TABLES),
  ...Object.entries(CLUSTER_TABLES),
  ...Object.entries(CONFIGURATION_TABLES),
  ...Object.entries(DRIVER_TABLES),
  ...Object.entries(POLICY_TABLES),
]);

/** Server-side printing for every kind; tables of custom resources are made once for each version of their definition. */
export function createTablePrinter(): TablePrinter {
  const custom = new WeakMap<ResourceType, KindTable>();
  const tableOf = (type: ResourceType): KindTable => {
    if (type.origin === 'builtin') {
      const resource = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
      return BUILTIN_TABLES.get(`${resource}/${type.version}`) ?? DEFAULT_TABLE;
    }
    const known = custom.get(type);
    if (known !== undefined) return known;
    const made = customTable(type.printerColumns ?? []);
    custom.set(type, made);
    return made;
  };
  return {
    columns: (type) => tableOf(type).columns,
    cells: (type, object, nowMs) => tableOf(type).cells(object, nowMs),
  };
}
