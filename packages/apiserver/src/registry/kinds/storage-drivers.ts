import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import {
  ensureObject,
  listAt,
  numberAt,
  objectAt,
  setDefault,
  stringsAt,
  textAt,
} from '../json-read.ts';
import { driverName } from '../validation/storage-rules.ts';
import { immutable, nonNegative, qualifiedName, repeatedAt } from '../validation/value-rules.ts';

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Persistent', 'Ephemeral'];
/** Shortest and longest life of a token for a driver, in seconds. */
const [SHORTEST_TOKEN, LONGEST_TOKEN] = [600, 2 ** 32];
/** How often a driver may at most be asked what it can attach, in seconds between two times. */
const SHORTEST_PERIOD = 10;

function validateTokens(path: string, requests: readonly JsonObject[]): FieldError[] {
  const repeated = repeatedAt(requests.map((request) => textAt(request, 'audience')));
  return requests.flatMap((request, index) => {
    const place = `${path}[${index}]`;
    const audience = textAt(request, 'audience');
    if (repeated.has(index)) return [duplicate(`${place}.audience`, audience)];
    const life = numberAt(request, 'expirationSeconds');
    const field = `${place}.expirationSeconds`;
    if (life !== undefined && life < SHORTEST_TOKEN) {
      return [invalid(field, life, 'may not specify a duration less than 10 minutes')];
    }
    if (life !== undefined && life > LONGEST_TOKEN) {
      return [invalid(field, life, 'may not specify a duration larger than 2^32 seconds')];
    }
    return [];
  });
}

function validateDriver(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const policy = textAt(spec, 'fsGroupPolicy');
  const period = numberAt(spec, 'nodeAllocatableUpdatePeriodSeconds');
  const tokens = listAt(spec, 'tokenRequests');
  const inSecrets: unknown = spec['serviceAccountTokenInSecrets'];
  const noTokens = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
  return [
    ...(GROUP_POLICIES.includes(policy)
      ? []
      : [notSupported('spec.fsGroupPolicy', policy, GROUP_POLICIES)]),
    ...validateTokens('spec.tokenRequests', tokens),
    ...stringsAt(spec, 'volumeLifecycleModes')
      .filter((mode) => !LIFECYCLE_MODES.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES)),
    ...(period !== undefined && period < SHORTEST_PERIOD
      ? [
          invalid(
            'spec.nodeAllocatableUpdatePeriodSeconds',
            period,
            'must be greater than or equal to 10 seconds',
          ),
        ]
      : []),
    ...(inSecrets !== undefined && tokens.length === 0
      ? [invalid('spec.serviceAccountTokenInSecrets', inSecrets, noTokens)]
      : []),
  ];
}

/** Members that stay, and what the real server calls them: of one it has another name in its messages. */
const LOCKED: readonly (readonly [string, string])[] = [
  ['attachRequired', 'attachedRequired'],
  ['volumeLifecycleModes', 'volumeLifecycleModes'],
];

/** The behaviour of CSIDrivers. Their generation counts from the first change on. */
export const csiDriver: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'attachRequired', true);
    for (const flag of ['podInfoOnMount', 'requiresRepublish', 'seLinuxMount', 'storageCapacity']) {
      setDefault(spec, flag, false);
    }
    setDefault(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    if (stringsAt(spec, 'volumeLifecycleModes').length === 0) {
      spec['volumeLifecycleModes'] = ['Persistent'];
    }
  },
  prepareForUpdate(object, old) {
    if (deepEqual(object['spec'], old['spec'])) return;
    const before = numberAt(objectAt(old, 'metadata'), 'generation') ?? 0;
    objectAt(object, 'metadata')['generation'] = before + 1;
  },
  validate: validateDriver,
  validateUpdate(object, old) {
    const [spec, before] = [objectAt(object, 'spec'), objectAt(old, 'spec')];
    return [
      ...validateDriver(object),
      ...LOCKED.flatMap(([member, shown]) =>
        deepEqual(spec[member], before[member]) ? [] : [immutable(`spec.${shown}`, spec[member])],
      ),
    ];
  },
  warnings(object, old) {
    const spec = objectAt(object, 'spec');
    const tokens = listAt(spec, 'tokenRequests');
    const isSame =
      old !== undefined && deepEqual(tokens, listAt(objectAt(old, 'spec'), 'tokenRequests'));
    return tokens.length === 0 || isSame || spec['serviceAccountTokenInSecrets'] !== undefined
      ? []
      : [
          'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes',
        ];
  },
};

const LONGEST_NODE_ID = 256;

function validateNodeDriver(path: string, driver: JsonObject, isRepeated: boolean): FieldError[] {
  const id = textAt(driver, 'nodeID');
  const keys = stringsAt(driver, 'topologyKeys');
  const repeated = repeatedAt(keys);
  return [
    ...driverName(`${path}.name`, textAt(driver, 'name')),
    ...(id === '' ? [required(`${path}.nodeID`)] : []),
    ...(id.length > LONGEST_NODE_ID
      ? [invalid(`${path}.nodeID`, id, `must be ${LONGEST_NODE_ID} characters or less`)]
      : []),
    ...nonNegative(`${path}.allocatable.count`, numberAt(objectAt(driver, 'allocatable'), 'count')),
    ...(isRepeated ? [duplicate(`${path}.name`, textAt(driver, 'name'))] : []),
    ...keys.flatMap((key, index) => [
      ...(key === '' ? [required(path)] : []),
      ...(repeated.has(index) ? [duplicate(path, key)] : []),
      ...qualifiedName(path, key),
    ]),
  ];
}

function driversOf(object: JsonObject): JsonObject[] {
  return listAt(objectAt(object, 'spec'), 'drivers');
}

function validateNode(object: JsonObject): FieldError[] {
  const repeated = repeatedAt(driversOf(object).map((driver) => textAt(driver, 'name')));
  return driversOf(object).flatMap((driver, index) =>
    validateNodeDriver(`spec.drivers[${index}]`, driver, repeated.has(index)),
  );
}

/** A driver on a node without how much it can attach, as messages show it: in the words of the server's internal type. */
function internalDriver(driver: JsonObject): JsonObject {
  return {
    Name: textAt(driver, 'name'),
    NodeID: textAt(driver, 'nodeID'),
    TopologyKeys: (driver['topologyKeys'] ?? null) as unknown,
    Allocatable: null,
  };
}

/** A stored list that is empty and must be there is null. */
function emptyDriversToNull(object: JsonObject): void {
  if (driversOf(object).length === 0) ensureObject(object, 'spec')['drivers'] = null;
}

/** The behaviour of CSINodes: of a driver that is there only what it can attach may change. */
export const csiNode: Partial<Strategy> = {
  prepareForCreate: emptyDriversToNull,
  prepareForUpdate: emptyDriversToNull,
  validate: validateNode,
  validateUpdate: (object, old) => [
    ...validateNode(object),
    ...driversOf(old)
      .map(internalDriver)
      .flatMap((before) =>
        driversOf(object)
          .map(internalDriver)
          .filter((driver) => driver['Name'] === before['Name'] && !deepEqual(driver, before))
          .map((driver) => immutable('spec.drivers', driver)),
      ),
  ],
};
