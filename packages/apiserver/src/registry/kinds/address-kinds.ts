import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { isMappedIpv4, parseAddressBlock } from '../../schema/ip-address.ts';
import { objectAt, stringsAt, textAt } from '../json-read.ts';
import { keepMetadata } from '../status-isolation.ts';
import { canonicalAddress, canonicalBlock } from '../validation/address-rules.ts';
import { dnsSubdomain, immutable, pathSegment } from '../validation/value-rules.ts';

function parentOf(object: JsonObject): JsonObject | undefined {
  // Decoded: an object or nothing.
  return objectAt(object, 'spec')['parentRef'] as JsonObject | undefined;
}

function validateParent(object: JsonObject): FieldError[] {
  const parent = parentOf(object);
  const path = 'spec.parentRef';
  if (parent === undefined) return [required(path)];
  const group = textAt(parent, 'group');
  const namespace = textAt(parent, 'namespace');
  return [
    ...(group === '' ? [] : dnsSubdomain(`${path}.group`, group)),
    ...pathSegment(`${path}.resource`, textAt(parent, 'resource')),
    ...pathSegment(`${path}.name`, textAt(parent, 'name')),
    ...(namespace === '' ? [] : pathSegment(`${path}.namespace`, namespace)),
  ];
}

/** What an address is of, as messages show it: in the words of the server's internal type. */
function internalParent(parent: JsonObject | undefined): JsonObject | null {
  if (parent === undefined) return null;
  const [group, resource] = [textAt(parent, 'group'), textAt(parent, 'resource')];
  const [namespace, name] = [textAt(parent, 'namespace'), textAt(parent, 'name')];
  return { Group: group, Resource: resource, Namespace: namespace, Name: name };
}

/** The behaviour of IPAddresses: they are called by the address. */
export const ipAddress: Partial<Strategy> = {
  validateName: (name) =>
    canonicalAddress('', name).map(({ message }) => message.replace(/^Invalid value: ".*?": /, '')),
  validate: validateParent,
  validateUpdate: (object, old) => [
    ...validateParent(object),
    ...(deepEqual(parentOf(object), parentOf(old))
      ? []
      : [immutable('spec.parentRef', internalParent(parentOf(object)))]),
  ],
};

const PATH = 'spec.cidrs';

function blocksOf(object: JsonObject): string[] {
  return stringsAt(objectAt(object, 'spec'), 'cidrs');
}

/** The length of the addresses of a block, in bytes; undefined when it is none. */
function familyOf(block: string): number | undefined {
  const address = parseAddressBlock(block)?.address;
  return address !== undefined && isMappedIpv4(address) ? 4 : address?.length;
}

function validateBlocks(blocks: readonly string[]): FieldError[] {
  const [first, second] = blocks;
  if (first === undefined) return [required(PATH, 'at least one CIDR required')];
  if (blocks.length > 2) return [invalid(PATH, { CIDRs: blocks }, 'may only hold up to 2 values')];
  const errors = blocks.flatMap((block, index) => canonicalBlock(`${PATH}[${index}]`, block));
  const [one, other] = [familyOf(first), familyOf(second ?? '')];
  const rule =
    'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
  return one !== undefined && one === other ? [...errors, invalid(PATH, blocks, rule)] : errors;
}

/** Blocks stay; to one of one family one of the other may come. */
function validateBlocksUpdate(blocks: readonly string[], before: readonly string[]): FieldError[] {
  const changed = blocks.flatMap((block, index) =>
    index >= before.length || block === before[index]
      ? []
      : [immutable(`${PATH}[${index}]`, block)],
  );
  if (blocks.length === before.length) return changed;
  return before.length === 1 && blocks.length === 2
    ? [...changed, ...validateBlocks(blocks)]
    : [immutable(PATH, blocks)];
}

/** The behaviour of ServiceCIDRs. */
export const serviceCidr: Partial<Strategy> = {
  resetFields: { '': [['status']], status: [['metadata'], ['spec']] },
  prepareForStatusUpdate(object, old) {
    setOrDelete(object, 'spec', old['spec']);
    keepMetadata(object, old);
  },
  validate: (object) => validateBlocks(blocksOf(object)),
  validateUpdate: (object, old) => validateBlocksUpdate(blocksOf(object), blocksOf(old)),
};
