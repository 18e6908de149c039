import type { BuiltinNode } from './builtin-node.ts';

/** `v1.Container` for `io.k8s.api.core.v1.Container`: how error messages name a type. */
export function goTypeName(definitionName: string): string {
  return definitionName.split('.').slice(-2).join('.');
}

/** `Container` for `io.k8s.api.core.v1.Container`. */
export function goStructName(definitionName: string): string {
  return definitionName.slice(definitionName.lastIndexOf('.') + 1);
}

/** The structs that are embedded in a type, and the fields that are theirs. */
interface Embedding {
  readonly structs: readonly string[];
  readonly fields: readonly string[];
}

const REFERENCE: Embedding = { structs: ['LocalObjectReference'], fields: ['name'] };
const DEVICE: Embedding = { structs: ['DeviceConfiguration'], fields: ['opaque'] };
const RULE_FIELDS = ['apiGroups', 'apiVersions', 'resources', 'scope'];

/**
 * Fields that reach their type through an embedded struct: the API server names it in the path of a decoding error,
 * though it is not in the document.
 */
const EMBEDDED: Readonly<Record<string, readonly Embedding[]>> = {
  'core.v1.Probe': [
    { structs: ['ProbeHandler'], fields: ['exec', 'httpGet', 'tcpSocket', 'grpc'] },
  ],
  'core.v1.ConfigMapEnvSource': [REFERENCE],
  'core.v1.SecretEnvSource': [REFERENCE],
  'core.v1.ConfigMapKeySelector': [REFERENCE],
  'core.v1.SecretKeySelector': [REFERENCE],
  'core.v1.ConfigMapProjection': [REFERENCE],
  'core.v1.SecretProjection': [REFERENCE],
  'core.v1.ConfigMapVolumeSource': [REFERENCE],
  'networking.v1.IngressRule': [{ structs: ['IngressRuleValue'], fields: ['http'] }],
  'resource.v1.DeviceClassConfiguration': [DEVICE],
  'resource.v1.DeviceClaimConfiguration': [DEVICE],
  'resource.v1.DeviceAllocationConfiguration': [DEVICE],
  'admissionregistration.v1.RuleWithOperations': [{ structs: ['Rule'], fields: RULE_FIELDS }],
  'admissionregistration.v1.NamedRuleWithOperations': [
    { structs: ['RuleWithOperations', 'Rule'], fields: RULE_FIELDS },
    { structs: ['RuleWithOperations'], fields: ['operations'] },
  ],
};

/** Types of which all fields but these belong to one embedded struct. */
const EMBEDDED_BUT: Readonly<Record<string, Embedding>> = {
  'core.v1.Volume': { structs: ['VolumeSource'], fields: ['name'] },
  'core.v1.EphemeralContainer': {
    structs: ['EphemeralContainerCommon'],
    fields: ['targetContainerName'],
  },
  'core.v1.PersistentVolumeSpec': {
    structs: ['PersistentVolumeSource'],
    fields: [
      'capacity',
      'accessModes',
      'claimRef',
      'persistentVolumeReclaimPolicy',
      'storageClassName',
      'mountOptions',
      'volumeMode',
      'nodeAffinity',
      'volumeAttributesClassName',
    ],
  },
};

/** The path elements that a field adds to the location in a decoding error. */
export function goFieldPath(definitionName: string | undefined, field: string): readonly string[] {
  const type = (definitionName ?? '').split('.').slice(-3).join('.');
  const all = EMBEDDED_BUT[type];
  if (all !== undefined) return all.fields.includes(field) ? [field] : [...all.structs, field];
  const embedding = EMBEDDED[type]?.find(({ fields }) => fields.includes(field));
  return [...(embedding?.structs ?? []), field];
}

/** The type of a node as a decoding error names it. */
export function goTypeOf(node: BuiltinNode): string {
  if (node.namedType !== undefined) return node.namedType;
  switch (node.form) {
    case 'time':
    case 'microTime':
      return 'string';
    case 'quantity':
      return 'resource.Quantity';
    case 'intOrString':
      return 'int32';
    case 'bytes':
      return '[]uint8';
    case 'raw':
      return node.definitionName === undefined ? 'v1.JSON' : goTypeName(node.definitionName);
    default:
      break;
  }
  switch (node.type) {
    case 'array':
      return `[]${node.items === undefined ? 'string' : goTypeOf(node.items)}`;
    case 'object':
      if (node.definitionName !== undefined) return goTypeName(node.definitionName);
      if (node.additionalProperties?.form === 'quantity') return 'v1.ResourceList';
      return `map[string]${node.additionalProperties === undefined ? 'string' : goTypeOf(node.additionalProperties)}`;
    case 'integer':
      return node.format === 'int64' ? 'int64' : 'int32';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      return 'string';
  }
}
