import { ExactQuantity, parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { objectAt, textAt } from '../registry/json-read.ts';
import { ONE, type Amounts } from '../resources/amounts.ts';
import { isOneOf } from './scope-selector.ts';
import { countName, type QuotaMeter, type ScopeRequirement } from './quota-meter.ts';

const COUNT = countName('persistentvolumeclaims');
const NAMES = ['persistentvolumeclaims', 'requests.storage'];
/** Between the name of a storage class and what is limited of it. */
const OF_CLASS = '.storageclass.storage.k8s.io/';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const NANOS_PER_BYTE = 1_000_000_000n;

function classOf(claim: JsonObject): string {
  const annotations = objectAt(objectAt(claim, 'metadata'), 'annotations');
  // The annotation was there first, and still wins.
  return (
    textAt(annotations, CLASS_ANNOTATION) || textAt(objectAt(claim, 'spec'), 'storageClassName')
  );
}

/** Part of a byte counts as a byte. */
function wholeBytes(amount: ExactQuantity): ExactQuantity {
  return new ExactQuantity(amount.toBigInt() * NANOS_PER_BYTE, amount.format);
}

/** What is asked for, or what is being made of it already when that is more. */
function storageOf(claim: JsonObject): ExactQuantity | undefined {
  const requests = objectAt(objectAt(objectAt(claim, 'spec'), 'resources'), 'requests');
  const asked = textAt(requests, 'storage');
  if (asked === '') return undefined;
  const amount = wholeBytes(parseQuantity(asked));
  const allocated = textAt(objectAt(objectAt(claim, 'status'), 'allocatedResources'), 'storage');
  if (allocated === '') return amount;
  const growing = wholeBytes(parseQuantity(allocated));
  return growing.compare(amount) > 0 ? growing : amount;
}

function usage(claim: JsonObject): Amounts {
  const storage = storageOf(claim);
  const amounts = new Map([['persistentvolumeclaims', ONE]]);
  if (storage !== undefined) amounts.set('requests.storage', storage);
  const className = classOf(claim);
  if (className !== '') {
    for (const [name, amount] of [...amounts]) amounts.set(className + OF_CLASS + name, amount);
  }
  return amounts.set(COUNT, ONE);
}

/** The attribute classes that a claim has, or is on its way to. */
function attributeClasses(claim: JsonObject): string[] {
  const status = objectAt(claim, 'status');
  const names = [
    textAt(objectAt(claim, 'spec'), 'volumeAttributesClassName'),
    textAt(status, 'currentVolumeAttributesClassName'),
    textAt(objectAt(status, 'modifyVolumeStatus'), 'targetVolumeAttributesClassName'),
  ];
  return names.filter((name) => name !== '');
}

function isInScope(requirement: ScopeRequirement, claim: JsonObject): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false;
  const names = attributeClasses(claim);
  return (names.length === 0 ? [''] : names).some((name) => isOneOf(requirement, name));
}

/** Claims take storage, altogether and of their class. */
export const claimMeter: QuotaMeter = {
  covers: (name) =>
    name === COUNT || NAMES.some((each) => name === each || name.endsWith(OF_CLASS + each)),
  isCharged: ({ operation, subresource }) =>
    subresource === '' || (subresource === 'status' && operation === 'UPDATE'),
  isInScope,
  missing: () => undefined,
  usage,
  mayRelease: () => true,
};
