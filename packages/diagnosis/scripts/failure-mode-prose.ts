import type { FailureMode } from '../src/catalogue/failure-modes.ts';

/** What a page says beside what is generated from the rules. */
export interface Prose {
  readonly title: string;
  /** What a person sees of it. */
  readonly looksLike: string;
  /** Why it happens, the likeliest first. */
  readonly because: string;
  /** What to do about it. */
  readonly toDo: string;
  /** What is known without Events, and what tells it from its neighbours. */
  readonly sure: string;
}

/** The prose of every page. */
export const prose: Readonly<Record<FailureMode, Prose>> = {
  1: {
    title: 'A container runs out of memory',
    looksLike:
      'The container restarts, its last state is `OOMKilled` with exit code 137, and it has a memory limit. Restarts come closer together the faster it fills up.',
    because:
      'The limit is lower than what the program needs at its peak; it leaks; or its runtime does not know the limit (a JVM heap, Go without `GOMEMLIMIT`, Node without `--max-old-space-size`).',
    toDo: 'Look whether use grows without end (a leak) or jumps (a peak). Raise the limit for a peak, and set the heap of the runtime below it. If only the newest revision does it, roll back.',
    sure: 'The runtime reports the kill, so the category is sure. Whether it leaks cannot be seen in the pod.',
  },
  2: {
    title: 'A child process runs out of memory',
    looksLike:
      '`OOMKilled` beside an exit code that is not 137: the kernel killed one process, and the main process ended on its own.',
    because:
      'A worker of a pre-forking server, a build step or a shell pipeline took the memory. On cgroup v2 since Kubernetes 1.28 the whole container is killed instead, unless `singleProcessOOMKill` is set.',
    toDo: 'Bound the number or the size of the workers, or raise the limit.',
    sure: 'The reason is the runtime’s. Without a memory limit on the container suspect the node instead (mode 4): on cgroup v1 the kill of a neighbour marks innocent containers.',
  },
  3: {
    title: 'An init container runs out of memory',
    looksLike:
      'The pod stays in `Init`, an init container is `OOMKilled`. With exit code 0 and restartPolicy `Never` the pod stays Pending for ever.',
    because: 'Migrations and downloads need more memory than the app whose limit was copied.',
    toDo: 'Give the init container a limit of its own. The form that stays Pending must be made anew.',
    sure: 'The runtime reports it.',
  },
  4: {
    title: 'A node runs out of memory',
    looksLike:
      'Containers without a memory limit, or far below theirs, are `OOMKilled`, often several at one time; the node says `SystemOOM` or `MemoryPressure`.',
    because: 'Pods without requests share what is left, and one of them took it all.',
    toDo: 'Set requests (and limits) on the pods of that node. Deleting the victim helps nobody.',
    sure: 'Without the node’s Events it rests on the missing limit.',
  },
  5: {
    title: 'The program ends with an error',
    looksLike:
      'Reason `Error`, an exit code from 1 to 125, and a crash loop. The code says little; the last lines of the log say why.',
    because:
      'A bug, a setting that is missing or wrong, a dependency that is down, a migration that was not run.',
    toDo: 'Read the quoted lines of the log. If the revision before runs, compare the two templates and roll back.',
    sure: 'That it ended by itself is sure. Why is as sure as the log.',
  },
  6: {
    title: 'Exit code 2',
    looksLike: 'Reason `Error`, exit code 2.',
    because:
      'Three things share this code: a Go program that got SIGTERM and does not handle it, a Go panic, and a syntax error in a shell script.',
    toDo: 'Look first whether a probe or the node stopped it; then at the log for a panic or the line of the script.',
    sure: 'Decided by Events and by the arithmetic of the probes; the log decides between panic and script.',
  },
  7: {
    title: 'The command cannot be executed',
    looksLike: 'Exit code 126, or `StartError` 128 with "permission denied".',
    because: 'The file has no execute bit, its volume is mounted noexec, or it is a folder.',
    toDo: 'Set the mode in the image (`COPY --chmod`), or name an interpreter in the command.',
    sure: 'The runtime or the shell says so; 126 alone is a convention of shells.',
  },
  8: {
    title: 'The command does not exist',
    looksLike:
      'Exit code 127, or `StartError` 128 (`ContainerCannotRun` under docker) with "executable file not found" or "no such file or directory".',
    because:
      'A typing mistake, another image than was meant, a whole command line in one string, or a script whose first line names an interpreter that the image lacks.',
    toDo: 'Compare `command` with what is in the image. A new pod fails the same way.',
    sure: 'The runtime’s words are sure; 127 alone is a convention of shells.',
  },
  9: {
    title: 'The program is for another architecture',
    looksLike: '"exec format error" in the status or in the log, exit code 1 or 255.',
    because:
      'An arm64 image on an amd64 node or the other way round, or a script without a first line that names its interpreter.',
    toDo: 'Build the image for both, or keep the pod on nodes that fit by `nodeSelector: kubernetes.io/arch`.',
    sure: 'The kernel’s own words.',
  },
  10: {
    title: 'The runtime cannot start the container',
    looksLike:
      '`StartError`, exit code 128, started in 1970, with a text about cgroups, mounts, devices or seccomp.',
    because:
      'The runtime or the node: a memory limit too low to start anything, a device that is gone, a profile that is not there.',
    toDo: 'Read the text. If one node alone does it, look at that node, and let the pod be made elsewhere.',
    sure: 'The text is the runtime’s; whose fault it is may stay open.',
  },
  11: {
    title: 'The program aborted',
    looksLike:
      'Exit code 134 (SIGABRT). As PID 1 it shows as 139, because the kernel ignores the signal that PID 1 sends to itself.',
    because: 'A failed assertion, a heap that ran out (V8, JVM), a broken memory allocator.',
    toDo: 'The log has the reason in its last lines. For a heap: raise it together with the memory limit.',
    sure: 'The code is arithmetic; the log makes it sure.',
  },
  12: {
    title: 'Killed, and nobody says by whom',
    looksLike: 'Reason `Error`, exit code 137, no `OOMKilled`, no Event that explains it.',
    because:
      'A probe kill whose Events have expired, a stop that took longer than its grace period, a kill by hand or from the node, a runtime that restarted.',
    toDo: 'Look at the Events while it happens. Enlarge the grace period if the program needs longer to stop.',
    sure: 'It says that it does not know, and does not guess.',
  },
  13: {
    title: 'The program died of a signal',
    looksLike: 'Exit code 139 (SEGV), 132 (ILL), 135 (BUS), 136 (FPE) or 159 (SYS).',
    because:
      'SEGV: a native bug or library. ILL: a CPU without the needed instructions. BUS: `/dev/shm` is full. SYS: seccomp forbids a system call.',
    toDo: 'Take a core dump or a native stack trace; for BUS enlarge `/dev/shm`; for SYS compare the profile.',
    sure: 'Code minus 128 is the signal. 139 may stand for an abort of PID 1 (mode 11).',
  },
  14: {
    title: 'Terminated',
    looksLike: 'Exit code 143 (SIGTERM) or 130 (SIGINT).',
    because:
      'It was asked to stop: a deletion, a drain, a probe. That is no failure unless it repeats.',
    toDo: 'Nothing, unless it loops: then find out who sends the signal.',
    sure: 'The code is sure, the sender is not.',
  },
  15: {
    title: 'The liveness probe fails',
    looksLike:
      'Restarts at regular intervals; Events `Unhealthy` "Liveness probe failed" and `Killing`. The exit code is what SIGTERM makes of the program: 137, 143, 2 or 0. There may be no CrashLoopBackOff at all.',
    because:
      'The program hangs; the probe is too strict for a slow start or a throttled CPU; the probe asks for a dependency that is down.',
    toDo: 'Let the probe ask only whether the program itself lives. Give it a startup probe or more time. A new pod does not help.',
    sure: 'With Events: sure. Without: the length of a life is compared with delay, period, threshold and grace.',
  },
  16: {
    title: 'The startup probe fails',
    looksLike: 'The container is killed before it was ever `started`, again and again.',
    because:
      'It starts more slowly than the probe allows, or the probe asks at the wrong port or path.',
    toDo: 'Raise `failureThreshold` × `periodSeconds` above the slowest start, or correct the port.',
    sure: 'With Events: sure. Without: `started: false` and the arithmetic.',
  },
  17: {
    title: 'The readiness probe fails',
    looksLike:
      'The container runs, is not ready, and does not restart; `Unhealthy` "Readiness probe failed".',
    because: 'A dependency is down, the port is wrong, it is overloaded or still warming up.',
    toDo: 'Ask the probe’s address from within the pod. Never restart for this alone.',
    sure: 'With Events: sure. Without: it has been unready for longer than the probe needs to see it ready.',
  },
  18: {
    title: 'A readiness gate waits',
    looksLike: 'All containers are ready, the pod is not: `ReadinessGatesNotReady`.',
    because: 'A controller outside, often of a load balancer, has not set its condition yet.',
    toDo: 'Look at the controller of the named gate.',
    sure: 'The conditions say so.',
  },
  19: {
    title: 'It completes, and is started again',
    looksLike:
      'Last state `Completed`, exit code 0, under restartPolicy `Always`; a crash loop without an error.',
    because:
      'The command does its work and ends: a missing argument, a shell without a terminal, a program that goes into the background. Or a probe stopped it and it ended gracefully.',
    toDo: 'Run it as a Job if it has an end; else start what stays in the foreground.',
    sure: 'The exit is sure; probes are ruled out first.',
  },
  20: {
    title: 'The image does not exist',
    looksLike: '`ErrImagePull` with "not found" or "manifest unknown", then `ImagePullBackOff`.',
    because:
      'The tag was deleted or never pushed, or the name is mistyped. Also: no image for this architecture.',
    toDo: 'Correct the reference; if an older revision runs, roll back.',
    sure: 'The registry’s answer. A private registry may say "not found" for what it does not want to show.',
  },
  21: {
    title: 'The image may not be pulled',
    looksLike: '"pull access denied", "unauthorized", 401, 403 or "insufficient_scope".',
    because:
      'No pull secret, an expired one, or one for another registry; or the image does not exist and the registry does not say so.',
    toDo: 'Check `imagePullSecrets` of the pod and of its ServiceAccount.',
    sure: 'The registry’s answer; whether the image exists stays open.',
  },
  22: {
    title: 'The registry limits the rate',
    looksLike: '429, "toomanyrequests".',
    because:
      'Anonymous pulls from a public registry share a quota with everybody behind the same address.',
    toDo: 'Wait, or pull with credentials or through a mirror. Deleting pods makes it worse.',
    sure: 'The registry’s answer.',
  },
  23: {
    title: 'The registry cannot be reached',
    looksLike:
      '"no such host", "connection refused", "i/o timeout", x509 or TLS texts, 5xx answers.',
    because: 'DNS, a proxy, a certificate, an outage.',
    toDo: 'One node: look at that node’s network. All of them: at the registry or the cluster’s DNS.',
    sure: 'The text names the step that failed.',
  },
  24: {
    title: 'The image arrives broken, or does not fit',
    looksLike:
      '"no space left on device", "unexpected EOF", "failed size validation", a digest that differs.',
    because: 'The node’s image disk is full, or a proxy cuts or changes what it passes on.',
    toDo: 'Free the node’s disk; pull past the proxy.',
    sure: 'The runtime’s words.',
  },
  25: {
    title: 'The image cannot be pulled, cause expired',
    looksLike: '`ImagePullBackOff` "Back-off pulling image", and nothing else.',
    because:
      'The Event with the cause is gone; newer kubelets repeat it in the message, older ones do not.',
    toDo: 'Wait for the next attempt, or pull the image by hand on the node.',
    sure: 'It says that the cause is not in evidence, and names the registry.',
  },
  26: {
    title: 'The image cannot be used',
    looksLike:
      '`ErrImageNeverPull`, `InvalidImageName`, `ImageInspectError`, `SignatureValidationFailed`.',
    because:
      'Policy `Never` without the image on the node; a template that left the tag empty or put `https://` in front; a broken image store; a signature policy.',
    toDo: 'Correct the reference or the policy.',
    sure: 'The kubelet’s own reason.',
  },
  27: {
    title: 'A ConfigMap or Secret is missing',
    looksLike:
      '`CreateContainerConfigError` "not found" for variables; `FailedMount` for volumes, where the pod says only `ContainerCreating`.',
    because: 'It was not made yet, or in another namespace, or its name was hashed by a tool.',
    toDo: 'Make it: the kubelet tries again by itself.',
    sure: 'Variables: the status says it. Volumes: only Events do.',
  },
  28: {
    title: 'A key is missing in a ConfigMap or Secret',
    looksLike:
      '"couldn’t find key K in Secret ns/n", or "references non-existent config key" for a volume.',
    because: 'The key was renamed on one side.',
    toDo: 'Correct the key, or make it `optional`.',
    sure: 'The kubelet names the key.',
  },
  29: {
    title: 'The image would run as root',
    looksLike: '"container has runAsNonRoot and image will run as root", or "non-numeric user".',
    because: 'The image names no user or names it by a word that the kubelet cannot resolve.',
    toDo: 'Set a number in `runAsUser`, or `USER 1000` in the image.',
    sure: 'The kubelet’s own words.',
  },
  30: {
    title: 'Configuration not yet synced',
    looksLike: '"failed to sync configmap cache" or "secret cache".',
    because:
      'The kubelet’s watch lags behind, after a restart of the API server or in a new namespace.',
    toDo: 'Wait; it passes by itself. It is a finding only while it lasts.',
    sure: 'The kubelet’s own words.',
  },
  31: {
    title: 'A path of a volume is missing',
    looksLike: '"failed to prepare subPath", "stat …: no such file or directory".',
    because:
      'The subPath or hostPath does not exist on this node, or is a file where a folder is meant.',
    toDo: 'Create it, or correct the path. One node alone: look at that node.',
    sure: 'The kubelet names the path.',
  },
  32: {
    title: 'The container cannot be created',
    looksLike:
      '`CreateContainerError`: "context deadline exceeded", then "name … is reserved for"; "no command specified"; an unknown user.',
    because: 'An overloaded runtime, storage that hangs, or an image without a command.',
    toDo: 'Read the text; if it is the runtime, let the pod be made elsewhere and look at the node.',
    sure: 'The text is the runtime’s.',
  },
  33: {
    title: 'The container cannot be run',
    looksLike: '`RunContainerError` with the runtime’s text; `restartCount` may stay 0.',
    because: 'As modes 8 to 10, which name the cause where the text does.',
    toDo: 'As there.',
    sure: 'As there.',
  },
  34: {
    title: 'A lifecycle hook fails',
    looksLike:
      '`PostStartHookError`, Events `FailedPostStartHook` or `FailedPreStopHook`; the container is killed with 137, or ends with 0.',
    because: 'The hook’s command is not in the image, or asks for something that is not up yet.',
    toDo: 'Try the hook in the container. A failed preStop hook during a deletion needs nothing.',
    sure: 'With Events or the waiting reason: sure.',
  },
  35: {
    title: 'A volume cannot be mounted',
    looksLike:
      '`ContainerCreating` for minutes, Events `FailedMount`; the generic "timed out waiting" names nothing.',
    because:
      'A missing object, a wrong type of hostPath, a wrong file system, a helper or a CSI driver that is not on the node.',
    toDo: 'Take the most specific Event, not the latest. A driver that is not registered is the node’s fault.',
    sure: 'With Events: sure. Without: only that no container has started although the pod was scheduled.',
  },
  36: {
    title: 'A volume cannot be attached',
    looksLike: '`FailedAttachVolume`, "Multi-Attach error".',
    because:
      'It is still attached to another node: the old pod has not ended, or its node is gone.',
    toDo: 'Wait six minutes, after which it is detached by force; then look for the pod that holds it.',
    sure: 'The attach-detach controller says it in an Event, once.',
  },
  37: {
    title: 'The sandbox cannot be created',
    looksLike: '`FailedCreatePodSandBox`; `PodReadyToStartContainers` is False.',
    because:
      'The network plugin is down, its addresses are used up, or the runtime class is not there.',
    toDo: 'Look at the network plugin on that node. Let the pod be made elsewhere only if other nodes are well.',
    sure: 'With Events: sure.',
  },
  38: {
    title: 'No node has the resources',
    looksLike: 'Pending, `Unschedulable`, "Insufficient cpu", "Too many pods".',
    because: 'The cluster is full, or the request is larger than any node.',
    toDo: 'Wait for an autoscaler; else lower the request or add a node.',
    sure: 'The scheduler’s words, counted by node.',
  },
  39: {
    title: 'No node fits the placement rules',
    looksLike:
      '"didn’t match Pod’s node affinity/selector", anti-affinity, topology spread; or no scheduler of that name.',
    because:
      'A label that no node has; more replicas than domains; a `schedulerName` nobody answers to.',
    toDo: 'Correct the rule or label a node. Preferences never keep a pod pending.',
    sure: 'The scheduler’s words. A missing scheduler shows by its silence.',
  },
  40: {
    title: 'Every node has a taint',
    looksLike: '"had untolerated taint {…}".',
    because:
      'Nodes set aside for others, cordoned ones, or nodes in trouble (`not-ready`, `disk-pressure`).',
    toDo: 'Tolerate what is meant for the pod. Never tolerate the taints of a node in trouble: mend the node.',
    sure: 'The scheduler’s words.',
  },
  41: {
    title: 'A volume keeps the pod from being scheduled',
    looksLike:
      '"unbound immediate PersistentVolumeClaims", "persistentvolumeclaim not found", "volume node affinity conflict".',
    because: 'No StorageClass or provisioner, a claim that is missing, a volume of another zone.',
    toDo: 'Look at the claim’s Events.',
    sure: 'The scheduler’s words, and the claim’s own state.',
  },
  42: {
    title: 'A gate or a resource claim waits',
    looksLike: '`SchedulingGated`, or Pending without any condition beside `resourceClaims`.',
    because:
      'A queue (Kueue) holds it back on purpose; a claim of dynamic resource allocation does not exist.',
    toDo: 'Gated: nothing. Claim: make it, or its template.',
    sure: 'The gate is named in the pod. A claim that was not seen may exist.',
  },
  43: {
    title: 'Evicted: the node was short of something',
    looksLike:
      'Failed, reason `Evicted`, "The node was low on resource: memory" (or ephemeral-storage, inodes, pids).',
    because:
      'Low or no requests; a leak; logs and emptyDirs that fill the disk. The victim need not be the culprit.',
    toDo: 'Give it requests that are true. The Failed pod can go once its controller has replaced it.',
    sure: 'The kubelet’s words, in both wordings; the largest consumer is named where they name it.',
  },
  44: {
    title: 'Evicted: its own storage limit',
    looksLike:
      '"Usage of EmptyDir volume … exceeds the limit", "ephemeral local storage usage exceeds".',
    because: 'It writes more than its own `sizeLimit` or ephemeral-storage limit allows.',
    toDo: 'Write less, clean up, or raise the limit. A new pod fills up again.',
    sure: 'The kubelet’s words.',
  },
  45: {
    title: 'Turned away by a node under pressure',
    looksLike:
      'Failed, `Evicted`, "The node had condition: [DiskPressure]", and no container ever ran.',
    because: 'The scheduler sent it in the few seconds before the node’s condition was known.',
    toDo: 'Nothing for the pod: its controller makes another. Look at the node.',
    sure: 'The kubelet’s words.',
  },
  46: {
    title: 'Preempted',
    looksLike:
      'Condition `DisruptionTarget` with `PreemptionByScheduler`, or status reason `Preempting`.',
    because: 'A pod of higher priority needed the place.',
    toDo: 'Nothing; later exit codes belong to it. Raise its priority if it should have stayed.',
    sure: 'The condition says so.',
  },
  47: {
    title: 'Disrupted on purpose',
    looksLike:
      '`DisruptionTarget` with `EvictionByEvictionAPI`, `DeletionByTaintManager`, `DeletionByPodGC` or `TerminationByKubelet`.',
    because: 'A drain, a taint, a node that is gone, a shutdown.',
    toDo: 'Nothing: exit codes 137 and 143 after it belong to it.',
    sure: 'The condition says so.',
  },
  48: {
    title: 'The node is lost',
    looksLike:
      'The node’s Ready is Unknown; its pods are Running and not ready, later deleted with containers that still run.',
    because: 'The node or its network is down, or its kubelet.',
    toDo: 'Look at the node. Never force the deletion of a StatefulSet’s pod while it may still run.',
    sure: 'With the node object: sure. Without: `ContainersReady` stays True while Ready is False without a reason.',
  },
  49: {
    title: 'The node was shut down',
    looksLike:
      'Failed with reason `Terminated`, `Shutdown` or `NodeShutdown`; it may stay on a pod that runs again.',
    because: 'An upgrade, a spot instance that was taken back.',
    toDo: 'Clean up the Failed pod once it is replaced.',
    sure: 'The kubelet’s words, in three wordings.',
  },
  50: {
    title: 'The node or the runtime was restarted',
    looksLike:
      'Several containers have last state `Unknown` 255 (or ended at the same second), then run again.',
    because: 'A reboot, or a restart of the container runtime.',
    toDo: 'Nothing for the pods: one incident of the node.',
    sure: 'Reason and code are the runtime’s; the same second in several containers makes it sure.',
  },
  51: {
    title: 'The state of a container was lost',
    looksLike: '`ContainerStatusUnknown`, exit code 137, "could not be located".',
    because: 'The runtime forgot it: a restart, an eviction, a node that was cleaned.',
    toDo: 'It is not a memory kill. Look for what happened to the node or the pod.',
    sure: 'The kubelet says that it does not know.',
  },
  52: {
    title: 'Rejected by the kubelet',
    looksLike:
      'Failed at once with reason `OutOfcpu`, `NodeAffinity`, `NodePorts`, `UnexpectedAdmissionError`, `AppArmor` …, and no container ran.',
    because:
      'Between the scheduler’s look and the kubelet’s something was taken, a device went away, or the node forbids what the pod asks for.',
    toDo: 'Its controller makes another; clean up. A lost device is the node’s fault, a policy is the spec’s.',
    sure: 'The kubelet’s reason.',
  },
  53: {
    title: 'It does not go away',
    looksLike:
      'A deletionTimestamp; after its grace period containers still run, or finalizers remain.',
    because:
      'It ignores SIGTERM, a preStop hook hangs, its node is gone, or a controller does not remove its finalizer.',
    toDo: 'Within the grace period: nothing. Then look at the owner of the named finalizer; never strip it by hand.',
    sure: 'Time against grace period, and the list of finalizers.',
  },
  54: {
    title: 'A deadline passed',
    looksLike:
      'Reason `DeadlineExceeded` of a pod or a Job; a container may still read as running.',
    because: '`activeDeadlineSeconds` is shorter than the work.',
    toDo: 'Raise it or make the work smaller; the Job decides about retries.',
    sure: 'The controller’s own reason.',
  },
  55: {
    title: 'Pods cannot be created',
    looksLike:
      'The owner has fewer pods than it wants; Events `FailedCreate`, condition `ReplicaFailure`.',
    because:
      'A quota, a LimitRange, Pod Security, a webhook that denies or does not answer, a missing ServiceAccount or PriorityClass.',
    toDo: 'Do what the text says. Delete no pods in that namespace: they would not come back.',
    sure: 'The API server’s words in the Event or condition.',
  },
  56: {
    title: 'A sidecar fails',
    looksLike:
      'An init container with restartPolicy `Always` crashes, or does not start and holds up the app.',
    because: 'Whatever makes other containers fail; its category is that of what happened.',
    toDo: 'As for that category. While it has not started, the app cannot start.',
    sure: 'As for that category; the finding’s container type is `sidecar`.',
  },
  57: {
    title: 'A debug container fails',
    looksLike: 'Only an ephemeral container is in trouble.',
    because: 'Somebody is debugging.',
    toDo: 'Nothing for the pod.',
    sure: 'The status says which container it is.',
  },
  58: {
    title: 'A bad rollout',
    looksLike:
      'The failing pods all have the newest revision, while pods of an older one are ready; `ProgressDeadlineExceeded`.',
    because: 'What changed between the two templates.',
    toDo: 'Read the difference in the incident; roll back with `kubectl rollout undo`, or where GitOps holds the desired state, there.',
    sure: 'Found by comparing revisions: sure when the older one is ready.',
  },
  59: {
    title: 'A bad node',
    looksLike: 'Pods of several owners fail on one node, and are well elsewhere.',
    because: 'Its disk, network, runtime, clock or hardware.',
    toDo: 'Cordon it and look. Deleting single pods does not help.',
    sure: 'The more owners, the surer; a pressure condition or taint confirms it.',
  },
  60: {
    title: 'A shared dependency fails',
    looksLike: 'Many owners on many nodes fail at one time with the same signature.',
    because: 'DNS, a registry, a database, a certificate that all of them need.',
    toDo: 'Mend that. All automatic actions wait meanwhile.',
    sure: 'As sure as the common signature.',
  },
  61: {
    title: 'The desired state is kept elsewhere',
    looksLike: 'The owner is managed by Argo CD, Flux, an HPA or a VPA.',
    because: 'A change made here would be reverted.',
    toDo: 'Change it there: the template in the source that the tool reads, requests in the bounds of the VPA, the number of pods in the maxReplicas of the HPA. The advice of the finding names which, and nothing is written.',
    sure: 'Labels, annotations, field managers and the targets of autoscalers name the tool.',
  },
};
