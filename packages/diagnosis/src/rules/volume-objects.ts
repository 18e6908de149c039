import { firstMatch, type PodFacts } from '../facts/index.ts';
import type { ObjectRef } from '../model/index.ts';
import { command } from './command.ts';
import { firstText, mountMessages, placedBy, volumeIn } from './mount-texts.ts';
import { high, type PodRule } from './rule.ts';
import { placedAt, waits } from './starting.ts';

const missingObject = /\b(secret|configmap)s? "([^"]+)" (?:is )?not found/i;
const missingKey = /references non-existent (?:config|secret) key:? ?"?([\w.-]+)/i;

/** Modes 27 and 28 as they show in volumes: what a volume is filled from is not there. */
export const volumeObjectRules: readonly PodRule[] = [
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
];

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
