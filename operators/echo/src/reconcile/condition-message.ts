import { sanitizeText } from '@kubewright/apimachinery';
import { truncateBytes } from '@kubewright/runtime';

/** Longest message of a condition (schema of metav1.Condition). It counts characters, each of which has a byte at least. */
const maxBytes = 32_768;

/**
 * A message as a condition can hold it, whatever it is made of: a server, a webhook or a Job may have put in anything. What
 * could move a cursor or pose as other text is shown as `�`.
 */
export function conditionMessage(text: string): string {
  return truncateBytes(sanitizeText(text), maxBytes);
}
