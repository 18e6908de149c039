import type { JsonObject, Strategy } from '../../contracts.ts';
import { toCoreEvent } from '../event-conversion.ts';
import {
  validateAnyEvent,
  validateNewEvent,
  validateNewEventUpdate,
} from '../validation/event-rules.ts';
import { validatePathSegment } from '../validation/value-rules.ts';

const validateCoreEvent = (object: JsonObject) => validateAnyEvent(object, 'reportingComponent');

/** The behaviour of core Events: little is asked of them, and nothing of their names. */
export const coreEvent: Partial<Strategy> = {
  checksMetadataLast: true,
  validateName: validatePathSegment,
  validate: validateCoreEvent,
  validateUpdate: validateCoreEvent,
};

/** The behaviour of `events.k8s.io` Events. The real server keeps them as core Events, and speaks of them as such. */
export const newEvent: Partial<Strategy> = {
  refusalGroup: '',
  validate: (object) => validateNewEvent(toCoreEvent(object)),
  validateUpdate: (object, old) => validateNewEventUpdate(toCoreEvent(object), toCoreEvent(old)),
};
