import { firstMatch, type Field, type PodFacts, type Proof } from '../facts/index.ts';
import { command } from './command.ts';
import {
  claimed,
  firstText,
  meansClaim,
  mountMessages,
  placedBy,
  placedByVolumes,
  volumeIn,
} from './mount-texts.ts';
import { nodeOf } from './place.ts';
import { high, low, medium, type PodRule } from './rule.ts';
import { placedAt, standingEvents, waitsTooLong, waits } from './starting.ts';

/** What the kubelet writes when its own cache is behind: it goes away by itself. */
const cacheLag = /failed to sync (?:configmap|secret) cache|object "[^"]*" not registered/i;
/** What says only that time has passed. */
const symptom =
  /timed out waiting for the condition$|timeout expired waiting for volumes|^unable to (?:attach or )?mount volumes.*failed to process volumes=\[\]: context deadline exceeded$/i;

/** Mode 35: the node cannot mount a volume. */
export const volumeMountRules: readonly PodRule[] = [
  {
    name: 'volume-mount-failed',
    category: 'VolumeMountFailure',
    mode: 35,
    when: {
      ...waits,
      'the kubelet says why it cannot mount': (pod) => firstMatch(tellingMounts(pod), /./),
    },
    concludes: (pod) => {
      const message = tellingMounts(pod)[0]?.text ?? '';
      return {
        summary: `Volume ${volumeIn(message) ?? ''} cannot be mounted on node ${nodeOf(pod)}: ${reasonIn(message)}.`,
        confidence: high('the kubelet says so'),
        remediation: 'report-only',
        advice: adviceFor(message),
        nextQuestion: `Which of its volumes is it? ${command('kubectl', 'describe', 'pod', ...(pod.namespace === undefined ? [] : ['-n', pod.namespace]), pod.name)}`,
        sinceMs: placedAt(pod).timeMs,
        ...placedBy(pod, message),
      };
    },
  },
  {
    name: 'volume-mount-timed-out',
    category: 'VolumeMountFailure',
    mode: 35,
    when: {
      ...waits,
      'the kubelet says only that volumes did not come in time': (pod) =>
        firstMatch(
          mountMessages(pod).filter((message) => message.matches(cacheLag) === false),
          symptom,
        ),
    },
    unless: {
      'it failed at the sandbox, for which the volumes have to be there': (pod) =>
        firstMatch(
          standingEvents(pod, 'FailedCreatePodSandBox').map(({ message }) => message),
          /./,
        ),
    },
    concludes: (pod) => {
      const message = firstText(mountMessages(pod), symptom);
      const volumes = /unmounted volumes=\[([^\]]*)\]|list of unmounted volumes=\[([^\]]*)\]/i.exec(
        message,
      );
      return {
        summary: `Volumes did not come in time${volumes === null ? '' : ` (${volumes[1] ?? volumes[2] ?? ''})`}; why is not in evidence.`,
        confidence: medium('the kubelet waits for them, and says no more'),
        // A volume that another node still holds comes by itself.
        remediation: meansClaim(pod, message) ? 'none' : 'report-only',
        advice:
          'Look at the attachments of the volume, and at the driver on the node. The telling Event comes earlier than this one.',
        nextQuestion: `Does the node agent of the driver run there? ${command('kubectl', 'get', 'pods', '-A', '--field-selector', `spec.nodeName=${nodeOf(pod)}`)}`,
        wouldChange: 'An earlier FailedMount or FailedAttachVolume that says why.',
        sinceMs: placedAt(pod).timeMs,
        ...placedBy(pod, message),
      };
    },
  },
  {
    name: 'volume-stuck-silently',
    category: 'VolumeMountFailure',
    mode: 35,
    when: {
      ...waits,
      'it waits longer than that takes': waitsTooLong,
      'it has volumes that may not come': (pod) => riskyVolume(pod),
      'nothing tells of a sandbox or an image': (pod) =>
        pod.events.every(({ reason }) => !/sandbox|pull|network/i.test(reason.text ?? '')) && [],
    },
    concludes: (pod) => ({
      summary: `No container has started since it was given node ${nodeOf(pod)}; a volume that does not come is the likeliest.`,
      confidence: low('no Event is left; only the time that has passed and the volumes speak'),
      // A volume that another node still holds comes by itself.
      remediation: claimed(pod).length > 0 ? 'none' : 'report-only',
      advice:
        'See that its Secrets, ConfigMaps and claims exist. The next Event of the kubelet tells; it tries every two minutes.',
      nextQuestion: `What does the kubelet say now? ${command('kubectl', 'describe', 'pod', ...(pod.namespace === undefined ? [] : ['-n', pod.namespace]), pod.name)}`,
      wouldChange: 'An Event about the sandbox, or about an image that is still pulled.',
      sinceMs: placedAt(pod).timeMs,
      // All may mount a Secret, and one the claim, which is then the likelier to be waited for.
      ...placedByVolumes(pod, claimed(pod)),
      ...placedByVolumes(pod, riskyVolumes(pod)),
    }),
  },
];

/** Those that are more than a symptom, or a cache that is behind. */
function tellingMounts(pod: PodFacts): readonly Field[] {
  return mountMessages(pod).filter(
    (message) => message.matches(cacheLag) === false && message.matches(symptom) === false,
  );
}

function reasonIn(message: string): string {
  const reason = message.replace(/^.*?for volume "[^"]*"\s*:\s*/is, '');
  return reason.replace(/\s+/g, ' ').trim().slice(0, 300).replace(/\.$/, '');
}

/** Kinds of volumes that depend on something outside the node. */
const riskySources = [
  'secret',
  'configMap',
  'persistentVolumeClaim',
  'csi',
  'nfs',
  'ephemeral',
  'iscsi',
  'cephfs',
  'glusterfs',
  'azureFile',
  'hostPath',
];

function riskyVolume(pod: PodFacts): Proof {
  const [first] = riskyVolumes(pod);
  return first !== undefined && [first];
}

/** The names of the volumes that may not come. */
function riskyVolumes(pod: PodFacts): readonly Field[] {
  return pod.view
    .at('spec', 'volumes')
    .items.filter(
      (volume) => isRisky(volume) || volume.at('projected', 'sources').items.some(isRisky),
    )
    .map((volume) => volume.at('name'));
}

/** Of a volume, or of one source of a projected one. The token and root of every pod are none: the cluster makes them. */
function isRisky(volume: Field): boolean {
  if (volume.has('serviceAccountToken')) {
    return volume.at('serviceAccountToken', 'audience').isPresent;
  }
  const source = riskySources.map((name) => volume.at(name)).find((field) => field.isPresent);
  const name = source?.at('secretName').text ?? source?.at('name').text ?? '';
  const isOfCluster = /-token-[a-z0-9]{5}$/.test(name) || name === 'kube-root-ca.crt';
  return source !== undefined && !isOfCluster && source.at('optional').flag !== true;
}

function adviceFor(message: string): string {
  if (/not found in the list of registered CSI drivers|driver name .* not found/i.test(message)) {
    return 'The driver does not run on this node: look at its DaemonSet there. Other nodes may be well.';
  }
  if (/hostpath type check|is not a directory|no such file|does not exist/i.test(message)) {
    return 'The path is not on this node: make it there, change the type, or select the nodes that have it.';
  }
  if (/wrong fs type|bad option|mount\.\w+|helper program/i.test(message)) {
    return 'The node lacks the program for this kind of file system (nfs-common, cifs-utils), or the file system is broken.';
  }
  if (/permission denied|access denied/i.test(message)) {
    return 'The server of the file system refuses: look at its exports, and at the credentials of the volume.';
  }
  if (/timed out|timeout|deadline|unreachable|no route/i.test(message)) {
    return 'The server of the file system does not answer: look at the network between it and the node.';
  }
  return 'Read the message: the volume, its driver on the node, or the storage behind it is at fault.';
}
