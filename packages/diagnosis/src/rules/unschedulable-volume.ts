import { any, type PodFacts, type Proof } from '../facts/index.ts';
import type { ObjectRef } from '../model/index.ts';
import { unboundClaims } from './claims.ts';
import { kubectl } from './command.ts';
import { high, medium, type PodRule } from './rule.ts';
import {
  createdMs,
  refusedFor,
  schedulerPatienceMs,
  silentFor,
  unplaced,
} from './scheduler-verdict.ts';

/** Mode 41: a claim of the pod keeps it from every node. */
export const unschedulableVolumeRules: readonly PodRule[] = [
  refusedFor('volume', 'UnschedulableVolume', 41, (pod, refusal) => ({
    summary: `No node can be given to it because of its volumes: ${refusal.text}.`,
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice: adviceForVolume(refusal.text),
    nextQuestion: `What do its claims say? ${kubectl(pod, 'describe', 'pvc', ...claimNames(pod))}`,
    ...causeOf(claimIn(pod, refusal.text) ?? soleUnboundClaim(pod)),
  })),
  {
    name: 'volume-not-provisioned',
    category: 'UnschedulableVolume',
    mode: 41,
    when: {
      ...unplaced,
      'no scheduler has said a word about it for a while': (pod) =>
        silentFor(pod, schedulerPatienceMs),
      'a volume for one of its claims is not made': (pod) =>
        any(
          ...unboundClaims(pod).map(({ proof }) => proof),
          pod.view.at('status', 'nominatedNodeName').isThere() !== false && claimField(pod),
        ),
    },
    shows: (pod) => [pod.view.at('status', 'nominatedNodeName')],
    concludes: (pod) => ({
      summary: `A node is picked, but the volume for its claim is not made${claimSaid(pod)}.`,
      confidence: medium(
        'the scheduler waits silently for a volume; the claim is still without one',
      ),
      remediation: 'report-only',
      advice:
        'Look at the provisioner of the storage class: it does not run, is not registered, or fails.',
      nextQuestion: `What does the claim say? ${kubectl(pod, 'describe', 'pvc', ...claimNames(pod))}`,
      sinceMs: createdMs(pod),
      ...causeOf(soleUnboundClaim(pod)),
    }),
  },
];

function adviceForVolume(text: string): string {
  if (/not found/i.test(text)) return 'Make the claim, or correct its name in the pod.';
  if (/readwriteoncepod|already in-use/i.test(text)) {
    return 'One pod at a time may use the claim: find the other, or let it end.';
  }
  if (/max volume count/i.test(text)) {
    return 'The nodes have as many volumes attached as they may: add nodes, or spread such pods.';
  }
  if (/node affinity|zone/i.test(text)) {
    return 'The volume lives on one node or in one zone: the pod must be allowed there, and there must be room there.';
  }
  return 'Look at the claim: its storage class may not exist, or its provisioner may fail or not run.';
}

function claimField(pod: PodFacts): Proof {
  const volumes = pod.view.at('spec', 'volumes').items;
  const claim = volumes.map((volume) => volume.at('persistentVolumeClaim', 'claimName'));
  return claim.find((name) => name.isPresent)?.isThere() ?? false;
}

function claimNames(pod: PodFacts): readonly string[] {
  const volumes = pod.view.at('spec', 'volumes').items;
  return volumes.flatMap((volume) => volume.at('persistentVolumeClaim', 'claimName').text ?? []);
}

function claimIn(pod: PodFacts, text: string): ObjectRef | undefined {
  const name = /persistentvolumeclaim "([^"]+)"/i.exec(text)?.[1];
  return name === undefined ? undefined : claimRef(pod, name);
}

function soleUnboundClaim(pod: PodFacts): ObjectRef | undefined {
  const [first, ...others] = unboundClaims(pod);
  return first === undefined || others.length > 0 ? undefined : claimRef(pod, first.name);
}

function claimRef(pod: PodFacts, name: string): ObjectRef {
  const place = pod.namespace === undefined ? {} : { namespace: pod.namespace };
  return { kind: 'PersistentVolumeClaim', ...place, name };
}

function claimSaid(pod: PodFacts): string {
  const said = unboundClaims(pod).find(({ message }) => message !== undefined)?.message;
  return said === undefined ? '' : `: ${said.slice(0, 200)}`;
}

function causeOf(cause: ObjectRef | undefined): { readonly cause?: ObjectRef } {
  return cause === undefined ? {} : { cause };
}
