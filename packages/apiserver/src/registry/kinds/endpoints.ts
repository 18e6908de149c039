import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import type { FieldError } from '../../field-error.ts';
import { listAt, objectAt, setDefault, setDefaultText, stringsAt, textAt } from '../json-read.ts';
import { addressWarnings, type EndpointAddressRule } from '../validation/address-rules.ts';
import {
  validateAddressType,
  validateEndpoints,
  validateSlicePorts,
  validateSubsets,
} from '../validation/endpoint-rules.ts';
import { immutable } from '../validation/value-rules.ts';

function subsetWarnings(object: JsonObject): string[] {
  return listAt(object, 'subsets').flatMap((subset, index) =>
    ['addresses', 'notReadyAddresses'].flatMap((list) =>
      listAt(subset, list).flatMap((address, at) =>
        addressWarnings(`subsets[${index}].${list}[${at}].ip`, textAt(address, 'ip')),
      ),
    ),
  );
}

/** The behaviour of Endpoints. */
export function endpointsStrategy(rule: EndpointAddressRule): Partial<Strategy> {
  const validate = (object: JsonObject) => validateSubsets(listAt(object, 'subsets'), rule);
  return {
    applyDefaults(object) {
      for (const subset of listAt(object, 'subsets')) {
        for (const port of listAt(subset, 'ports')) setDefaultText(port, 'protocol', 'TCP');
      }
    },
    validate,
    validateUpdate: (object, old) =>
      deepEqual(object['subsets'], old['subsets']) ? [] : validate(object),
    warnings: subsetWarnings,
  };
}

function validateSlice(
  rule: EndpointAddressRule,
  object: JsonObject,
  old?: JsonObject,
): FieldError[] {
  const type = textAt(object, 'addressType');
  return [
    ...validateAddressType(type),
    ...validateSlicePorts(listAt(object, 'ports')),
    ...(old !== undefined && deepEqual(object['endpoints'], old['endpoints'])
      ? []
      : validateEndpoints(listAt(object, 'endpoints'), { type, rule })),
  ];
}

/** Who writes slices with addresses that were looked at already. */
const MANAGERS = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'];

function sliceWarnings(object: JsonObject, old: JsonObject | undefined): string[] {
  const isDeprecated = old === undefined && object['addressType'] === 'FQDN';
  const labels = objectAt(objectAt(object, 'metadata'), 'labels');
  const manager = textAt(labels, 'endpointslice.kubernetes.io/managed-by');
  return [
    ...(isDeprecated ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...(MANAGERS.includes(manager)
      ? []
      : listAt(object, 'endpoints').flatMap((endpoint, index) =>
          stringsAt(endpoint, 'addresses').flatMap((address, at) =>
            addressWarnings(`endpoints[${index}].addresses[${at}]`, address),
          ),
        )),
  ];
}

/** Where an endpoint is was told otherwise before there were fields for it: that is not written any more. */
function dropOldTopology(object: JsonObject): void {
  for (const endpoint of listAt(object, 'endpoints')) delete endpoint['deprecatedTopology'];
}

function storedLists(object: JsonObject): void {
  // A stored list that is empty and must be there is null.
  for (const list of ['endpoints', 'ports']) {
    if (listAt(object, list).length === 0) object[list] = null;
  }
}

/** All that counts as a change, labels too: whoever routes by slices finds them by these. */
function countedPart(object: JsonObject): unknown {
  const labels: unknown = objectAt(object, 'metadata')['labels'];
  return [{ ...object, metadata: undefined }, labels];
}

/** The behaviour of EndpointSlices. */
export function endpointSliceStrategy(rule: EndpointAddressRule): Partial<Strategy> {
  return {
    hasGeneration: true,
    changesGeneration: (object, old) => !deepEqual(countedPart(object), countedPart(old)),
    applyDefaults(object) {
      for (const port of listAt(object, 'ports')) {
        setDefault(port, 'name', '');
        setDefaultText(port, 'protocol', 'TCP');
      }
    },
    prepareForCreate(object) {
      dropOldTopology(object);
      storedLists(object);
    },
    prepareForUpdate(object, old) {
      if (!deepEqual(object['endpoints'], old['endpoints'])) dropOldTopology(object);
      storedLists(object);
    },
    validate: (object) => validateSlice(rule, object),
    validateUpdate: (object, old) => [
      ...validateSlice(rule, object, old),
      ...(object['addressType'] === old['addressType']
        ? []
        : [immutable('addressType', object['addressType'])]),
    ],
    warnings: sliceWarnings,
  };
}
