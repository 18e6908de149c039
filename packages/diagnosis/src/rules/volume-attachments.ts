import { any, firstMatch, type PodFacts, type Proof } from '../facts/index.ts';
import { command } from './command.ts';
import { firstText, mountMessages, placedBy } from './mount-texts.ts';
import { nodeOf } from './place.ts';
import { high, type PodRule } from './rule.ts';
import { placedAt, standingEvents, waits } from './starting.ts';

/** A node that died holds a volume this long before it is detached by force. */
const forceDetachMinutes = 6;
const multiAttach = /multi-attach error/i;
/** The kubelet says so of volumes that others attach, and of those that it attaches itself (iSCSI, FC). */
const waitsForIt = /WaitForAttach|not yet attached/i;
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
];

/** An attachment of a volume of the pod to another node than its own. */
function attachedElsewhere(pod: PodFacts): Proof {
  for (const volume of pod.view.at('spec', 'volumes').items) {
    const claim = volume.at('persistentVolumeClaim', 'claimName').text;
    if (claim === undefined) continue;
    const bound = pod.related.find('PersistentVolumeClaim', claim, pod.namespace);
    const name = bound.at('spec', 'volumeName');
    const single = bound
      .at('spec', 'accessModes')
      .items.every((mode) => mode.is('ReadWriteOnce', 'ReadWriteOncePod') !== false);
    if (!name.isPresent || !single) continue;
    const attachment = pod.related
      .ofKind('VolumeAttachment')
      .find(
        (each) =>
          each.at('spec', 'source', 'persistentVolumeName').text === name.text &&
          each.at('status', 'attached').flag === true,
      );
    const node = attachment?.at('spec', 'nodeName');
    if (node?.isPresent === true && node.text !== pod.nodeName.text) return [name, node];
  }
  return false;
}
