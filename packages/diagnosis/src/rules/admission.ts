import { all, any, type PodFacts, type Proof } from '../facts/index.ts';
import type { Remediation } from '../model/index.ts';
import { command } from './command.ts';
import { nodeOf } from './place.ts';
import { high, low, medium, type Conclusion, type PodRule } from './rule.ts';

/** Mode 52: the kubelet did not let the pod in. It is Failed, no container ran, and the pod says why in one word. */
export const admissionRules: readonly PodRule[] = [
  {
    name: 'rejected-for-want-of-resources',
    category: 'AdmissionRejectedResources',
    mode: 52,
    when: {
      'the node did not have what it asks for': (pod) =>
        any(
          rejectedAs(
            pod,
            /^(?:OutOf|Insufficient)|^VolumeAttachmentLimitExceeded$|^(?:Topology ?Affinity|SMT ?Alignment) ?Error$/i,
          ),
          rejectedAs(pod, /^UnexpectedAdmissionError$/, processorWords),
        ),
    },
    concludes: (pod) => ({
      ...rejection(pod, 'the node was full'),
      confidence: high('the kubelet says so'),
      advice:
        'The scheduler and the node disagreed about what is free: pods bound by hand, static pods, or two pods at one moment. If its controller goes on making pods that are turned away, cordon the node.',
      nextQuestion: `What is it full of? ${command('kubectl', 'describe', 'node', pod.nodeName.text)}`,
    }),
  },
  {
    name: 'rejected-for-want-of-devices',
    category: 'AdmissionRejectedDevice',
    mode: 52,
    when: {
      'the kubelet could not give it the devices': (pod) =>
        rejectedAs(pod, /^UnexpectedAdmissionError$/, deviceWords),
    },
    concludes: (pod) => ({
      ...rejection(pod, 'the devices that it asks for were not there'),
      confidence: high('the kubelet says so'),
      advice:
        'Look at the device plugin of the node: devices that it lost, or that were handed out twice. Pods that come after it works again are let in.',
      nextQuestion: `What does the node offer? ${command('kubectl', 'describe', 'node', pod.nodeName.text)}`,
    }),
  },
  {
    name: 'rejected-for-an-unexpected-reason',
    category: 'AdmissionRejectedResources',
    mode: 52,
    when: {
      'the kubelet could not make room for it': (pod) =>
        rejectedAs(
          pod,
          /^(?:UnexpectedAdmissionError|UnexpectedPredicateFailureType|PreemptionError)$/,
        ),
    },
    concludes: (pod) => ({
      ...rejection(pod, 'its kubelet could not make room for it'),
      confidence: medium('the kubelet says that it failed, in words of its own'),
      advice: 'Read the message of the pod; look at what runs on the node.',
    }),
  },
  {
    name: 'rejected-by-node',
    category: 'AdmissionRejectedNode',
    mode: 52,
    when: {
      'the kubelet says that the pod does not belong on this node': (pod) =>
        rejectedAs(
          pod,
          /^(?:NodeAffinity|MatchNodeSelector|NodePorts|PodFitsHostPorts|HostName|NodeName|PodOS\w*|InvalidNodeInfo|NodeUnschedulable|\w*Taint\w*)$/,
        ),
    },
    concludes: (pod) => ({
      ...rejection(pod, 'it does not belong on this node'),
      remediation: 'report-only',
      confidence: high('the kubelet says so'),
      advice:
        'Compare nodeSelector, affinity, host ports and spec.os with the labels of the node. A node name that is set by hand skips the scheduler.',
      nextQuestion: `Which labels has the node? ${command('kubectl', 'get', 'node', pod.nodeName.text, '--show-labels')}`,
    }),
  },
  {
    name: 'rejected-by-policy',
    category: 'AdmissionRejectedPolicy',
    mode: 52,
    when: {
      'the kubelet does not allow what it asks for': (pod) =>
        rejectedAs(
          pod,
          /^(?:AppArmor|ProcMount|NoNewPrivs|Seccomp\w*|UnsupportedPod\w*|\w+(?:Forbidden|Unsupported|NotSupported|NotAllowed))$/,
        ),
    },
    concludes: (pod) => ({
      ...rejection(pod, 'its kubelet does not allow what it asks for'),
      remediation: 'report-only',
      confidence: high('the kubelet says so'),
      advice:
        'Take the setting out of the pod, or allow it on the nodes where it should run (and select those).',
    }),
  },
  {
    name: 'blocked-by-policy',
    category: 'AdmissionRejectedPolicy',
    mode: 52,
    when: {
      'the kubelet does not start it, because of a setting': (pod) =>
        all(pod.phase.is('Pending'), pod.reason.is('AppArmor', 'ProcMount', 'NoNewPrivs')),
    },
    shows: (pod) => [pod.message],
    concludes: (pod) => ({
      summary: `Node ${nodeOf(pod)} does not start its containers: its kubelet does not allow what the pod asks for (${wordsOf(pod)}).`,
      remediation: 'report-only',
      confidence: high('the kubelet says so'),
      advice:
        'Load the profile on the node, select the nodes that have it, or take the setting out of the pod. It goes on when the profile is there.',
    }),
  },
];

/** When no other rule finds anything: a kubelet of another version, or a plugin of it, has words of its own. */
export const unsaidRejectionRules: readonly PodRule[] = [
  {
    name: 'rejected-in-words-of-its-own',
    category: 'AdmissionRejectedNode',
    mode: 52,
    when: {
      'it failed for a reason of its own': (pod) =>
        all(pod.phase.is('Failed'), pod.reason.isThere()),
      'no container has run': (pod) => !pod.hasStarted && [],
    },
    shows: (pod) => [pod.message],
    concludes: (pod) => ({
      ...rejection(pod, 'the reason is none that is known'),
      remediation: 'report-only',
      confidence: low(
        'it failed before a container ran, which a kubelet does to a pod that it does not let in',
      ),
      advice:
        'Read the reason and the message of the pod; compare what it asks for with what its node can do.',
    }),
  },
];

/** Of the managers of the kubelet that hand out processors and memory. */
const processorWords = /not enough cpus|\bcpu ?manager|\bmemory ?manager|\bnuma\b/i;
const deviceWords = /allocate|device|plugin|resource manager|checkpoint/i;

function rejectedAs(pod: PodFacts, reason: RegExp, message?: RegExp): Proof {
  const inOneWord = pod.reason.matches(reason);
  if (inOneWord === false || pod.phase.is('Failed') === false) return false;
  if (message === undefined) return inOneWord;
  const inWords = pod.message.matches(message);
  return inWords !== false && [...inOneWord, ...inWords];
}

function rejection(pod: PodFacts, because: string): Pick<Conclusion, 'summary' | 'remediation'> {
  return {
    summary: `Node ${nodeOf(pod)} turned the pod away and no container ran: ${because} (${wordsOf(pod)}).`,
    remediation: leftover,
  };
}

/** It never ran, and its controller has made another. */
const leftover: Remediation = 'cleanup-safe';

function wordsOf(pod: PodFacts): string {
  const message = pod.message.text?.replace(/^(?:Pod was rejected: |Pod )+/, '').trim() ?? '';
  return `${pod.reason.text ?? ''}${message === '' ? '' : `: ${message.slice(0, 200)}`}`;
}
