import { firstMatch, type Field, type PodFacts } from '../facts/index.ts';
import { kubectl } from './command.ts';
import { nodeOf, placedInSole } from './place.ts';
import { high, low, medium, type PodRule } from './rule.ts';
import {
  createdMs,
  refusedFor,
  schedulerPatienceMs,
  silentFor,
  unplaced,
} from './scheduler-verdict.ts';
import { placedAt, standingEvents, waits, waitsTooLong } from './starting.ts';

/** Mode 42, claims: a device that the pod asks for is not given to it. */
export const resourceClaimRules: readonly PodRule[] = [
  refusedFor('claim', 'ResourceClaimPending', 42, (pod, refusal) => ({
    summary: `Its resource claims cannot be met: ${refusal.text}.`,
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice:
      'Look at the ResourceClaim and its device class: no device matches, or all are taken. Is the driver running on a node?',
    nextQuestion: `What do the claims ask for? ${kubectl(pod, 'describe', 'resourceclaims')}`,
  })),
  {
    name: 'resource-claim-unseen',
    category: 'ResourceClaimPending',
    mode: 42,
    when: {
      ...unplaced,
      'no scheduler has said a word about it for a while': (pod) =>
        silentFor(pod, schedulerPatienceMs),
      'it asks for resource claims': (pod) => pod.view.at('spec', 'resourceClaims', 0).isThere(),
    },
    concludes: (pod) => ({
      summary: `The scheduler does not even try it: a ResourceClaim that it names is not there yet (${claimsAskedFor(pod)}).`,
      confidence: medium(
        'without claims a scheduler says why; it leaves alone what names a claim that does not exist',
      ),
      remediation: 'report-only',
      advice:
        'Make the ResourceClaim, or correct its name; for a template look at the Events of the resource claim controller.',
      nextQuestion: `Which claims are there? ${kubectl(pod, 'get', 'resourceclaims')}`,
      wouldChange: 'A scheduler that is down would leave other new pods without an answer too.',
      sinceMs: createdMs(pod),
    }),
  },
  {
    name: 'resource-claim-not-prepared',
    category: 'ResourceClaimPending',
    mode: 42,
    when: {
      ...waits,
      'the kubelet says that it cannot prepare its resource claims': (pod) =>
        firstMatch(preparations(pod), /./),
    },
    concludes: (pod) => ({
      summary: `Its resource claims are not prepared on node ${nodeOf(pod)}: ${(preparations(pod)[0]?.text ?? '').slice(0, 300)}.`,
      confidence: high('the kubelet says so'),
      remediation: 'report-only',
      advice:
        'Look at the plugin of the resource driver on this node: it does not run, is not registered with the kubelet, or fails.',
      nextQuestion: `What do the claims say? ${kubectl(pod, 'describe', 'resourceclaims')}`,
      sinceMs: placedAt(pod).timeMs,
      ...placedInSole(pod),
    }),
  },
  {
    name: 'resource-claim-silent',
    category: 'ResourceClaimPending',
    mode: 42,
    when: {
      ...waits,
      'it claims devices': (pod) => pod.view.at('spec', 'resourceClaims', 0).isThere(),
      'it waits longer than those take': waitsTooLong,
      'nobody says why': (pod) =>
        pod.events.every(({ reason }) => reason.text === 'Scheduled') && [],
    },
    concludes: (pod) => ({
      summary: `No container has started since it was given node ${nodeOf(pod)}; what it claims (${claimsAskedFor(pod)}) comes first, and may not be prepared.`,
      confidence: low(
        'no Event is left; claimed devices are prepared before anything else is made',
      ),
      remediation: 'report-only',
      advice:
        'Look at the plugin of the resource driver on this node, then at the network plugin and the runtime.',
      nextQuestion: `What do the claims say? ${kubectl(pod, 'describe', 'resourceclaims')}`,
      wouldChange: 'An Event of the kubelet about volumes, the sandbox or an image.',
      sinceMs: placedAt(pod).timeMs,
      ...placedInSole(pod),
    }),
  },
];

function preparations(pod: PodFacts): readonly Field[] {
  return standingEvents(pod, 'FailedPrepareDynamicResources').map(({ message }) => message);
}

function claimsAskedFor(pod: PodFacts): string {
  const claims = pod.view.at('spec', 'resourceClaims').items;
  const names = claims.map(
    (claim) =>
      claim.at('resourceClaimName').text ??
      claim.at('resourceClaimTemplateName').text ??
      claim.at('name').text ??
      '?',
  );
  return names.join(', ');
}
