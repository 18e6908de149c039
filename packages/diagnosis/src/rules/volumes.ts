import type { PodRule } from './rule.ts';
import { volumeAttachmentRules } from './volume-attachments.ts';
import { volumeMountRules } from './volume-mounts.ts';
import { volumeObjectRules } from './volume-objects.ts';

/** Modes 27, 28, 35 and 36: the pod has a node, and its volumes do not come. What is missing comes before that it does not come. */
export const volumeRules: readonly PodRule[] = [
  ...volumeObjectRules,
  ...volumeAttachmentRules,
  ...volumeMountRules,
];
