import { get } from '../get.ts';
import { patch } from '../patch.ts';
import type { Verb } from '../routes.ts';
import { update } from '../update.ts';
import { approval } from './approval.ts';
import { createBinding } from './binding.ts';
import { ephemeralContainers } from './ephemeral-containers.ts';
import { createEviction } from './eviction.ts';
import { updateFinalizers } from './finalize.ts';
import { readLog, refuseWithoutUpgrade } from './pod-streams.ts';
import { getScale, patchScale, updateScale } from './scale.ts';
import { createToken } from './service-account-token.ts';

const read: Verb = async (operation) => get(operation);
const upgradeOnly = { get: refuseWithoutUpgrade, create: refuseWithoutUpgrade };

/** The handlers of subresources: name → verb → handler. */
export const SUBRESOURCES: Readonly<Record<string, Readonly<Record<string, Verb>>>> = {
  status: { get: read, update, patch },
  scale: { get: getScale, update: updateScale, patch: patchScale },
  binding: { create: createBinding },
  eviction: { create: createEviction },
  approval: { get: read, ...approval },
  ephemeralcontainers: { get: read, ...ephemeralContainers },
  finalize: { update: updateFinalizers },
  token: { create: createToken },
  log: { get: readLog },
  exec: upgradeOnly,
  attach: upgradeOnly,
  portforward: upgradeOnly,
};
