/** The tasks of our program, and the ways in which it does each. */
export const variants = {
  sync: ['pods', 'pods-project', 'widgets'],
  reconcile: ['apply-1', 'apply-16', 'apply-32', 'merge-1', 'merge-16', 'merge-32'],
  latency: ['apply', 'merge'],
} as const;
