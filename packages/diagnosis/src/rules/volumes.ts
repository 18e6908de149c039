import type { ContainerFacts, Field, PodFacts, Proof } from '../facts/index.ts';
import { any, firstMatch } from '../facts/index.ts';
import type { ObjectRef } from '../model/index.ts';
import { command } from './command.ts';
import { nodeOf, soleContainer } from './place.ts';
import { high, low, medium, type Conditions, type PodRule } from './rule.ts';
import { placedAt, placedForMs, standingEvents, waitsToStart } from './starting.ts';

/** A node that died holds a volume this long before it is detached by force. */
const forceDetachMinutes = 6;
/** Mounts of a healthy pod are done by then; its first image is still pulled after that, but then an Event says so. */
const stuckMs = 3 * 60_000;

const waits: Conditions<PodFacts> = { 'no container has started': waitsToStart };

/** What the kubelet writes when its own cache is behind: it goes away by itself. */
const cacheLag = /failed to sync (?:configmap|secret) cache|object "[^"]*" not registered/i;
/** What says only that time has passed. */
const symptom = /timed out waiting for the condition$|timeout expired waiting for volumes/i;

/** Modes 27, 28, 35 and 36 as they show in volumes: the pod has a node, and its volumes do not come. */
export const volumeRules: readonly PodRule[] = [
  {
    name: 'volume-object-missing',
    category: 'MissingConfigObject',
    mode: 27,
    when: {
      ...waits,
      'the kubelet says that a Secret or ConfigMap of a volume is missing': (pod) =>
        firstMatch(mountMessages(pod), missingObject),
    },
    concludes: (pod) => {
      const message = firstText(mountMessages(pod), missingObject);
      const missing = missingIn(pod, message);
      return {
        summary: `It waits for ${missing.map(said).join(' and ') || 'a Secret or ConfigMap'}, which is not there.`,
        confidence: high('the kubelet says so'),
        remediation: 'report-only',
        advice:
          'Make it in the namespace of the pod, or correct the name. The pod goes on by itself as soon as it is there.',
        nextQuestion: `Is it in another namespace? ${command('kubectl', 'get', 'secrets,configmaps', '-A', '--field-selector', `metadata.name=${missing[0]?.name ?? ''}`)}`,
        sinceMs: placedAt(pod).timeMs,
        ...causeOf(missing),
        ...placedBy(pod, message),
      };
    },
  },
  {
    name: 'volume-key-missing',
    category: 'MissingConfigKey',
    mode: 28,
    when: {
      ...waits,
      'the kubelet says that a key of a volume is missing': (pod) =>
        firstMatch(mountMessages(pod), missingKey),
    },
    concludes: (pod) => {
      const message = firstText(mountMessages(pod), missingKey);
      const key = missingKey.exec(message)?.[1];
      return {
        summary: `A volume asks for the key ${key ?? ''} of a Secret or ConfigMap that does not have it.`,
        confidence: high('the kubelet says so'),
        remediation: 'report-only',
        advice: 'Add the key, or correct `items` of the volume. It was renamed or never there.',
        sinceMs: placedAt(pod).timeMs,
        ...causeOf(sourcesOf(pod, volumeIn(message))),
        ...placedBy(pod, message),
      };
    },
  },
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
            ...mountMessages(pod).filter((message) =>
              message.matches(/WaitForAttach|not yet attached/i),
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
    concludes: (pod) => {
      const message = firstText(mountMessages(pod), symptom);
      const volumes = /unmounted volumes=\[([^\]]*)\]|list of unmounted volumes=\[([^\]]*)\]/i.exec(
        message,
      );
      return {
        summary: `Volumes did not come in time${volumes === null ? '' : ` (${volumes[1] ?? volumes[2] ?? ''})`}; why is not in evidence.`,
        confidence: medium('the kubelet waits for them, and says no more'),
        remediation: 'report-only',
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
      'it has had its node for minutes': (pod) => placedForMinutes(pod),
      'it has volumes that may not come': (pod) => riskyVolume(pod),
      'nothing tells of a sandbox or an image': (pod) =>
        pod.events.every(({ reason }) => !/sandbox|pull|network/i.test(reason.text ?? '')) && [],
    },
    concludes: (pod) => ({
      summary: `No container has started since it was given node ${nodeOf(pod)}; a volume that does not come is the likeliest.`,
      confidence: low('no Event is left; only the time that has passed and the volumes speak'),
      remediation: 'report-only',
      advice:
        'See that its Secrets, ConfigMaps and claims exist. The next Event of the kubelet tells; it tries every two minutes.',
      nextQuestion: `What does the kubelet say now? ${command('kubectl', 'describe', 'pod', ...(pod.namespace === undefined ? [] : ['-n', pod.namespace]), pod.name)}`,
      wouldChange: 'An Event about the sandbox, or about an image that is still pulled.',
      sinceMs: placedAt(pod).timeMs,
      ...placedBy(pod, ''),
    }),
  },
];

const missingObject = /\b(secret|configmap)s? "([^"]+)" (?:is )?not found/i;
const missingKey = /references non-existent (?:config|secret) key:? ?"?([\w.-]+)/i;
const multiAttach = /multi-attach error/i;

/** What the kubelet says of mounts, newest first. */
function mountMessages(pod: PodFacts): readonly Field[] {
  return standingEvents(pod, 'FailedMount', 'FailedMapVolume').map(({ message }) => message);
}

/** Those that are more than a symptom, or a cache that is behind. */
function tellingMounts(pod: PodFacts): readonly Field[] {
  return mountMessages(pod).filter(
    (message) => message.matches(cacheLag) === false && message.matches(symptom) === false,
  );
}

function firstText(fields: readonly Field[], pattern: RegExp): string {
  return fields.find((field) => field.matches(pattern) !== false)?.text ?? '';
}

/** Objects that a message misses: `[secret "a" not found, configmap "b" not found]`. */
function missingIn(pod: PodFacts, message: string): readonly ObjectRef[] {
  const all = new RegExp(missingObject.source, 'gi');
  return [...message.slice(0, 4096).matchAll(all)].map(([, kind = '', name = '']) =>
    refTo(pod, kind.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap', bareName(name)),
  );
}

/** Old kubelets write `namespaces/name`. */
function bareName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function refTo(pod: PodFacts, kind: string, name: string): ObjectRef {
  return { kind, ...(pod.namespace === undefined ? {} : { namespace: pod.namespace }), name };
}

function said({ kind, name }: ObjectRef): string {
  return `${kind} ${name}`;
}

function causeOf(refs: readonly ObjectRef[]): { readonly cause?: ObjectRef } {
  const [cause] = refs;
  return cause === undefined ? {} : { cause };
}

function volumeIn(message: string): string | undefined {
  return /for volume "([^"]+)"/i.exec(message)?.[1];
}

function reasonIn(message: string): string {
  const reason = message.replace(/^.*?for volume "[^"]*"\s*:\s*/is, '');
  return reason.replace(/\s+/g, ' ').trim().slice(0, 300).replace(/\.$/, '');
}

/** The Secret or ConfigMap of a volume of the pod. */
function sourcesOf(pod: PodFacts, volume: string | undefined): readonly ObjectRef[] {
  const found = pod.view
    .at('spec', 'volumes')
    .items.find((each) => each.at('name').text === volume);
  const secret = found?.at('secret', 'secretName').text;
  const configMap = found?.at('configMap', 'name').text;
  if (secret !== undefined) return [refTo(pod, 'Secret', secret)];
  return configMap === undefined ? [] : [refTo(pod, 'ConfigMap', configMap)];
}

/** The container that mounts the volume which the message names, when it is one; else the only one. */
function placedBy(pod: PodFacts, message: string): { readonly container?: ContainerFacts } {
  const volume = volumeIn(message);
  const mounting = pod.containers.filter(({ spec }) =>
    spec.at('volumeMounts').items.some((mount) => mount.at('name').text === volume),
  );
  const container = mounting.length === 1 ? mounting[0] : soleContainer(pod);
  return container === undefined ? {} : { container };
}

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

function placedForMinutes(pod: PodFacts): Proof {
  const ms = placedForMs(pod);
  return ms !== undefined && ms > stuckMs && [placedAt(pod)];
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
  for (const volume of pod.view.at('spec', 'volumes').items) {
    const source = riskySources.map((name) => volume.at(name)).find((field) => field.isPresent);
    // The token of old clusters is a Secret that the cluster makes itself.
    const isToken = /-token-[a-z0-9]{5}$/.test(source?.at('secretName').text ?? '');
    if (source !== undefined && !isToken && source.at('optional').flag !== true) {
      return [volume.at('name')];
    }
  }
  return false;
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
