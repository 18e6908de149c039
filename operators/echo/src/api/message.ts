import { withRule } from '@kubewright/crd';
import * as z from 'zod';

/** What one argument of a program can hold on Linux (131,071 bytes), in the longest characters there are. */
const maxMessageLength = 32_767;

/** The message of an echo. */
export const message: z.ZodString = withRule(
  z
    .string()
    .max(maxMessageLength)
    .describe(
      'What is said. As in every command of a container, $(NAME) stands for a variable of the environment, and $$ for a $ in front of a parenthesis.',
    ),
  {
    rule: String.raw`!self.contains('\u0000')`,
    message: 'must not contain the character NUL, which no argument of a program can',
    check: (text) => !text.includes('\0'),
  },
);
