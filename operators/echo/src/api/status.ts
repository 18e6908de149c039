import { conditions } from '@kubewright/crd';
import * as z from 'zod';

/** What the status of both kinds tells. */
export const commonStatus: z.ZodObject<{
  observedGeneration: z.ZodOptional<z.ZodInt>;
  conditions: z.ZodOptional<ReturnType<typeof conditions>>;
}> = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe('The metadata.generation that this status speaks of.'),
  conditions: conditions().optional(),
});

/** The condition that says whether all is as the object asks for. */
export const readyCondition = 'Ready';
/** The condition of an Echo that says whether its message was said. */
export const completeCondition = 'Complete';
