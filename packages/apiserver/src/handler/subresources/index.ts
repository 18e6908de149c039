import type { Verb } from '../routes.ts';
import { get } from '../get.ts';
import { patch } from '../patch.ts';
import { update } from '../update.ts';

/** The handlers of subresources: name → verb → handler. */
export const SUBRESOURCES: Readonly<Record<string, Readonly<Record<string, Verb>>>> = {
  status: { get: async (operation) => get(operation), update, patch },
};
