import type { ResourceType } from '../contracts.ts';
import { fieldSetOf, type FieldSet } from './field-set.ts';

const SERVER_METADATA = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];

/** Fields that belong to the server or name the object: nobody owns them. */
const UNOWNED: FieldSet = fieldSetOf([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...SERVER_METADATA.map((name) => ['f:metadata', `f:${name}`]),
]);

const STATUS: FieldSet = fieldSetOf([['f:status']]);

function resetFields(type: ResourceType, subresource: string): FieldSet | undefined {
  const own = type.strategy.resetFields?.[subresource];
  if (own !== undefined) {
    return fieldSetOf(own.map((path) => path.map((member) => `f:${member}`)));
  }
  if (!type.subresources.has('status')) return undefined;
  if (subresource === '') return STATUS;
  if (subresource !== 'status') return undefined;
  const others = [...(type.schema.root.properties?.keys() ?? [])].filter(
    (name) => !['apiVersion', 'kind', 'metadata', 'status'].includes(name),
  );
  const paths = others.map((name) => [`f:${name}`]);
  return fieldSetOf(
    type.origin === 'custom' ? [...paths, ['f:metadata']] : [...paths, ['f:metadata', 'f:labels']],
  );
}

/** Leaves out what nobody can own, and what a write to this subresource does not change. */
export function ownableFields(type: ResourceType, subresource: string, fields: FieldSet): FieldSet {
  const owned = fields.difference(UNOWNED);
  const reset = resetFields(type, subresource);
  return reset === undefined ? owned : owned.recursiveDifference(reset);
}
