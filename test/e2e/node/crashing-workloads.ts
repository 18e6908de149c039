const state = '/state';

/**
 * A program for the app's image. It ends with exit code 3 at SIGTERM, and at its first start does what `atFirstStart` says; what is in
 * its volume outlives the container but not the pod.
 */
function program(atFirstStart: string): string {
  return [
    "const { existsSync, writeFileSync } = require('node:fs');",
    "process.on('SIGTERM', () => process.exit(3));",
    'setInterval(() => {}, 1e6);',
    `const marker = '${state}/started';`,
    `if (!existsSync(marker)) { writeFileSync(marker, ''); ${atFirstStart} }`,
  ].join('\n');
}

/** What a container does at its first start; at each later one it just runs. */
export const atFirstStart = {
  run: '',
  exit: 'process.exit(3);',
  // Outside the heap, and written to, so that it is the kernel that says no.
  takeAllMemory: 'const taken = []; for (;;) taken.push(Buffer.alloc(8 << 20, 1));',
} as const;

/** Sent into a container: ends its first process with exit code 3. */
export const endFirstProcess = ['/bin/node', '-e', "process.kill(1, 'SIGTERM')"] as const;

/** The template of a pod whose container does so at its first start. */
function podTemplate(app: string, what: string): { metadata: object; spec: object } {
  return {
    metadata: { labels: { app } },
    spec: {
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: 'state', emptyDir: {} }],
      containers: [
        {
          name: 'app',
          image: 'fragile-app:latest',
          imagePullPolicy: 'Never',
          command: ['/bin/node', '-e', program(what)],
          volumeMounts: [{ name: 'state', mountPath: state }],
          resources: { limits: { memory: '128Mi' } },
        },
      ],
    },
  };
}

/** A pod without a controller. */
export function barePod(name: string, app: string, what: string): object {
  const { metadata, spec } = podTemplate(app, what);
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec };
}

/** A pod whose image is nowhere. */
export function podWithoutImage(name: string, app: string): object {
  const containers = [{ name: 'app', image: 'no-such-image:1', imagePullPolicy: 'IfNotPresent' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app } },
    spec: { terminationGracePeriodSeconds: 1, containers },
  };
}

/** A Deployment of one pod that just runs. */
export function deployment(app: string): object {
  const template = podTemplate(app, atFirstStart.run);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app, labels: { app } },
    spec: { replicas: 1, selector: { matchLabels: { app } }, template },
  };
}

/** A diagnoser of the pods of an app, of the same name. */
export function diagnoser(app: string, remediationAction: 'LogEvent' | 'RestartPod'): object {
  return {
    apiVersion: 'diagnostics.local.io/v1',
    kind: 'PodDiagnoser',
    metadata: { name: app, labels: { app } },
    spec: { targetLabels: { app }, enableAnnotations: true, remediationAction },
  };
}
