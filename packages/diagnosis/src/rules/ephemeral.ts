import { high, type ContainerRule } from './rule.ts';

/** Mode 57: a debug session that does not start; the pod does not depend on it. */
const ephemeral: ContainerRule = {
  name: 'ephemeral-container',
  category: 'EphemeralContainerFailure',
  mode: 57,
  when: {
    'it is an ephemeral container': ({ type }) => type === 'ephemeral' && [],
  },
  shows: ({ waitingReason, waitingMessage, ended }) => [
    waitingReason,
    waitingMessage,
    ...(ended === undefined ? [] : [ended.reason, ended.message]),
  ],
  concludes: ({ name, waitingReason, ended }) => ({
    summary: `The debug container ${name} does not start (${waitingReason.text ?? ended?.end ?? 'no reason given'}); the pod itself is not concerned.`,
    confidence: high('the pod does not depend on ephemeral containers'),
    severity: 'info',
    remediation: 'none',
    advice: 'Start another debug container with an image that can be pulled.',
  }),
};

export const ephemeralRules: readonly ContainerRule[] = [ephemeral];
