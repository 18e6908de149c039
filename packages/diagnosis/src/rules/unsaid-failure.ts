import { low, type PodRule } from './rule.ts';

/** When nothing else is found in a pod that has failed: a status that was cut, or that no kubelet filled in. */
export const unsaidFailureRules: readonly PodRule[] = [
  {
    name: 'failed-in-silence',
    category: 'AppError',
    mode: 5,
    when: {
      'it has failed': (pod) => pod.phase.is('Failed'),
    },
    concludes: () => ({
      summary: 'It has failed; how its containers ended is not in evidence.',
      confidence: low('only its phase says so; a container that ends badly is the likeliest'),
      remediation: 'none',
      advice:
        'Ask for the whole status of the pod: its reason, and the states of its containers. A node that is gone leaves none.',
      wouldChange: 'The state of a container, or a reason of the pod.',
    }),
  },
];
