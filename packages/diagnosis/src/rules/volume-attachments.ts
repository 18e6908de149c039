import { any, firstMatch, type Field, type PodFacts, type Proof } from '../facts/index.ts';
import { command } from './command.ts';
import { firstText, mountMessages, placedBy } from './mount-texts.ts';
import { nodeOf } from './place.ts';
import { high, medium, type PodRule } from './rule.ts';
import { placedAt, standingEvents, waits } from './starting.ts';

/** A node that died holds a volume this long before it is detached by force. */
const forceDetachMinutes = 6;
/** A driver attaches a volume in seconds, a slow cloud in tens of them; in milliseconds. */
const attachMs = 90_000;
const multiAttach = /multi-attach error/i;
/**
 * The kubelet says so of volumes that others attach, and of those that it attaches itself (iSCSI, FC). Until Kubernetes 1.6
 * the attach-detach controller called what it could not attach a failed mount.
 */
const waitsForIt = /WaitForAttach|not yet attached|^Failed to attach volume/i;
/** What the node lacks to attach a volume itself: it is there to be mounted, and the node is at fault. */
const lacksProgram = /executable file not found|helper program|exit status \d/i;

/** Mode 36: a volume is not attached to the node of the pod. */
export const volumeAttachmentRules: readonly PodRule[] = [
  {
    name: 'volume-attached-elsewhere',
    category: 'VolumeAttachFailure',
    mode: 36,
    when: {
      ...waits,
      'its volume is still attached to another node': (pod) =>
        any(
          firstMatch(
            standingEvents(pod, 'FailedAttachVolume').map(({ message }) => message),
            multiAttach,
          ),
          attachedElsewhere(pod),
        ),
    },
    concludes: (pod) => {
      const message = firstText(
        standingEvents(pod, 'FailedAttachVolume').map(({ message: text }) => text),
        multiAttach,
      );
      const holders = /used by pod\(s\) (.+)$/i.exec(message)?.[1]?.trim();
      return {
        summary: `Its volume is still attached to another node${holders === undefined ? '' : `, where ${holders} uses it`}.`,
        confidence: high(
          message === ''
            ? 'the volume has an attachment to another node'
            : 'the attach-detach controller says so',
        ),
        remediation: 'none',
        advice: `It is let go when the other pod has ended; for a node that is dead after ${String(forceDetachMinutes)} minutes. If it stays, find the pod that holds it: a volume that is ReadWriteOnce serves one node.`,
        nextQuestion: `Who holds it? ${command('kubectl', 'get', 'volumeattachments')}`,
        wouldChange: 'It often clears by itself within a minute.',
        sinceMs: placedAt(pod).timeMs,
        ...placedBy(pod, message),
      };
    },
  },
  {
    name: 'volume-attach-failed',
    category: 'VolumeAttachFailure',
    mode: 36,
    when: {
      ...waits,
      'the attach-detach controller says that it failed': (pod) =>
        firstMatch(
          [
            ...standingEvents(pod, 'FailedAttachVolume').map(({ message }) => message),
            ...mountMessages(pod).filter(
              (message) => message.matches(waitsForIt) && message.matches(lacksProgram) === false,
            ),
          ],
          /./,
        ),
    },
    concludes: (pod) => {
      const message = standingEvents(pod, 'FailedAttachVolume')[0]?.message.text ?? '';
      return {
        summary: `Its volume cannot be attached to node ${nodeOf(pod)}${message === '' ? '' : `: ${message.slice(0, 300)}`}.`,
        confidence: high('the attach-detach controller or the kubelet says so'),
        remediation: 'report-only',
        advice:
          'Look at the controller of the storage driver (it may not run), and at whether the volume still exists in the storage.',
        nextQuestion: `Which attachments are there? ${command('kubectl', 'get', 'volumeattachments')}`,
        sinceMs: placedAt(pod).timeMs,
        ...placedBy(pod, message),
      };
    },
  },
  {
    name: 'volume-not-attached',
    category: 'VolumeAttachFailure',
    mode: 36,
    when: {
      ...waits,
      'the attachment of its volume does not come about': notAttached,
    },
    concludes: (pod) => {
      const refusal = refusalOf(pod);
      return {
        summary: `Its volume is not attached to node ${nodeOf(pod)}${refusal === undefined ? ', and nobody says why' : `: ${refusal.slice(0, 300)}`}.`,
        confidence:
          refusal === undefined
            ? medium('the attachment was asked for long ago, and its driver has not answered')
            : high('the storage driver says so'),
        remediation: 'report-only',
        advice:
          'Look at the controller of the storage driver: where it does not run, nobody attaches. Its log names what the storage refuses.',
        nextQuestion: `Which attachments are there? ${command('kubectl', 'get', 'volumeattachments')}`,
        sinceMs: placedAt(pod).timeMs,
        ...placedBy(pod, ''),
      };
    },
  },
];

/** The attachments of the volumes of a pod that were seen, each with the claim that it comes by. */
function attachmentsOf(
  pod: PodFacts,
): readonly { readonly claim: Field; readonly attachment: Field }[] {
  return pod.view.at('spec', 'volumes').items.flatMap((volume) => {
    const name = volume.at('persistentVolumeClaim', 'claimName').text;
    if (name === undefined) return [];
    const claim = pod.related.find('PersistentVolumeClaim', name, pod.namespace);
    const bound = claim.at('spec', 'volumeName').text;
    return pod.related
      .ofKind('VolumeAttachment')
      .filter((each) => each.at('spec', 'source', 'persistentVolumeName').text === bound)
      .map((attachment) => ({ claim, attachment }));
  });
}

/** An attachment of a volume of the pod to another node than its own. */
function attachedElsewhere(pod: PodFacts): Proof {
  for (const { claim, attachment } of attachmentsOf(pod)) {
    const isSingle = claim
      .at('spec', 'accessModes')
      .items.every((mode) => mode.is('ReadWriteOnce', 'ReadWriteOncePod') !== false);
    const node = attachment.at('spec', 'nodeName');
    const isAttached = attachment.at('status', 'attached').flag === true;
    if (isSingle && isAttached && node.isPresent && node.text !== pod.nodeName.text) {
      return [claim.at('spec', 'volumeName'), node];
    }
  }
  return false;
}

/** An attachment to the node of the pod that its driver has refused, or has not made for long. */
function notAttached(pod: PodFacts): Proof {
  for (const { attachment } of attachmentsOf(pod)) {
    const attached = attachment.at('status', 'attached');
    const isHere = attachment.at('spec', 'nodeName').text === pod.nodeName.text;
    if (!isHere || attached.flag === true) continue;
    const refused = attachment.at('status', 'attachError', 'message');
    if (refused.isPresent) return [attached, refused];
    const since = attachment.at('metadata', 'creationTimestamp');
    if (since.timeMs !== undefined && pod.nowMs - since.timeMs > attachMs) return [attached, since];
  }
  return false;
}

function refusalOf(pod: PodFacts): string | undefined {
  const proof = notAttached(pod);
  return proof === false ? undefined : proof.find(({ path }) => path.endsWith('message'))?.text;
}
