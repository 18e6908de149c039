import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CronJob,
  DaemonSet,
  Deployment,
  isAlreadyExists,
  Job,
  Namespace,
  Pod,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  resourcePath,
  ServiceAccount,
  StatefulSet,
  type KubernetesObject,
  type PodSpec,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { untilAnswer } from './until-answer.ts';

type Container = PodSpec['containers'][number];
type Level = 'baseline' | 'restricted';

/** One pod, and what a level says of it; no text for a pod that it lets in. */
interface Case {
  readonly title: string;
  readonly level: Level;
  /** Default: latest. */
  readonly version?: string;
  readonly spec: Partial<PodSpec>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly text?: string;
}

const main = (more: Partial<Container> = {}, name = 'main'): Container => ({
  name,
  image: 'example.com/main:1',
  ...more,
});
type Security = NonNullable<Container['securityContext']>;
/** A container that a restricted namespace takes, but for what is changed. */
const careful = (more: Security = {}, name = 'main'): Container =>
  main(
    {
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
        ...more,
      },
    },
    name,
  );
const container = (securityContext: Security, name = 'main'): Container =>
  main({ securityContext }, name);

const baseline: readonly Case[] = [
  { title: 'a pod that says nothing', level: 'baseline', spec: { containers: [main()] } },
  {
    title: 'the namespaces of its node',
    level: 'baseline',
    spec: { hostNetwork: true, hostPID: true, hostIPC: true, containers: [main()] },
    text: 'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
  },
  {
    title: 'privileged containers',
    level: 'baseline',
    spec: {
      initContainers: [container({ privileged: true }, 'init')],
      containers: [container({ privileged: true }), main({}, 'other')],
    },
    text: 'privileged (containers "init", "main" must not set securityContext.privileged=true)',
  },
  {
    title: 'more capabilities',
    level: 'baseline',
    spec: {
      containers: [
        container({ capabilities: { add: ['SYS_TIME', 'CHOWN', 'NET_RAW'] } }),
        container({ capabilities: { add: ['CHOWN'] } }, 'other'),
      ],
    },
    text: 'non-default capabilities (container "main" must not include "NET_RAW", "SYS_TIME" in securityContext.capabilities.add)',
  },
  {
    title: 'folders of its node',
    level: 'baseline',
    spec: {
      containers: [main()],
      volumes: [
        { name: 'a', hostPath: { path: '/a' } },
        { name: 'b', emptyDir: {} },
        { name: 'c', hostPath: { path: '/c' } },
      ],
    },
    text: 'hostPath volumes (volumes "a", "c")',
  },
  {
    title: 'ports of its node',
    level: 'baseline',
    spec: {
      containers: [
        main({ ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }] }),
        main({ ports: [{ containerPort: 82, hostPort: 443 }] }, 'other'),
      ],
    },
    text: 'hostPort (containers "main", "other" use hostPorts 443, 8080)',
  },
  {
    title: 'probes of other hosts',
    level: 'baseline',
    spec: {
      containers: [
        main({
          livenessProbe: { httpGet: { port: 80, host: 'b.example.com' } },
          readinessProbe: { tcpSocket: { port: 80, host: 'a.example.com' } },
        }),
        main({ lifecycle: { preStop: { httpGet: { port: 80, host: '127.0.0.1' } } } }, 'other'),
        main({ livenessProbe: { httpGet: { port: 80 } } }, 'fine'),
      ],
    },
    text: 'probe or lifecycle host (containers "main", "other" use probe or lifecycle hosts "127.0.0.1", "a.example.com", "b.example.com")',
  },
  {
    title: 'probes of other hosts, as of v1.33',
    level: 'baseline',
    version: 'v1.33',
    spec: { containers: [main({ livenessProbe: { httpGet: { port: 80, host: 'a' } } })] },
  },
  {
    title: 'an AppArmor profile that is switched off',
    level: 'baseline',
    spec: {
      securityContext: { appArmorProfile: { type: 'Unconfined' } },
      containers: [
        container({ appArmorProfile: { type: 'Unconfined' } }),
        container({ appArmorProfile: { type: 'RuntimeDefault' } }, 'other'),
      ],
    },
    text: 'forbidden AppArmor profile (pod and container "main" must not set AppArmor profile type to "Unconfined")',
  },
  {
    title: 'an AppArmor profile that an annotation switches off',
    level: 'baseline',
    annotations: { 'container.apparmor.security.beta.kubernetes.io/main': 'unconfined' },
    spec: { containers: [main()] },
    text: 'forbidden AppArmor profiles (container "main" and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/main="unconfined"")',
  },
  {
    title: 'a whole /proc for users of its own',
    level: 'baseline',
    spec: { containers: [container({ procMount: 'Unmasked' })], hostUsers: false },
  },
  {
    title: 'a whole /proc for users of its own, as of v1.34',
    level: 'baseline',
    version: 'v1.34',
    spec: { containers: [container({ procMount: 'Unmasked' })], hostUsers: false },
    text: 'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
  },
  {
    title: 'SELinux options',
    level: 'baseline',
    spec: {
      securityContext: { seLinuxOptions: { type: 'container_engine_t', user: 'u', role: 'r' } },
      containers: [
        container({ seLinuxOptions: { type: 'b_t' } }),
        container({ seLinuxOptions: { type: 'a_t' } }, 'other'),
        container({ seLinuxOptions: { level: 's0' } }, 'fine'),
      ],
    },
    text: 'seLinuxOptions (pod and containers "main", "other" set forbidden securityContext.seLinuxOptions: types "a_t", "b_t"; user may not be set; role may not be set)',
  },
  {
    title: 'SELinux types, as of v1.30',
    level: 'baseline',
    version: 'v1.30',
    spec: { containers: [container({ seLinuxOptions: { type: 'container_engine_t' } })] },
    text: 'seLinuxOptions (container "main" set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
  },
  {
    title: 'a seccomp profile that is switched off',
    level: 'baseline',
    spec: {
      securityContext: { seccompProfile: { type: 'Unconfined' } },
      containers: [container({ seccompProfile: { type: 'Unconfined' } })],
    },
    text: 'seccompProfile (pod and container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
  },
  {
    title: 'seccomp profiles in annotations, as of v1.18',
    level: 'baseline',
    version: 'v1.18',
    annotations: {
      'seccomp.security.alpha.kubernetes.io/pod': 'unconfined',
      'container.seccomp.security.alpha.kubernetes.io/main': 'unconfined',
      'container.seccomp.security.alpha.kubernetes.io/fine': 'localhost/x',
    },
    spec: { containers: [main(), main({}, 'fine')] },
    text: 'seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/main="unconfined", seccomp.security.alpha.kubernetes.io/pod="unconfined")',
  },
  {
    title: 'settings of the kernel',
    level: 'baseline',
    spec: {
      securityContext: {
        sysctls: [
          { name: 'kernel.msgmax', value: '1' },
          { name: 'net.ipv4.tcp_rmem', value: '1' },
          { name: 'a.b', value: '1' },
        ],
      },
      containers: [main()],
    },
    text: 'forbidden sysctls (kernel.msgmax, a.b)',
  },
  ...[
    ['v1.31', 'net.ipv4.tcp_rmem'],
    ['v1.28', 'net.ipv4.tcp_fin_timeout'],
    ['v1.26', 'net.ipv4.ip_local_reserved_ports'],
  ].map(([version = '', name = '']): Case => ({
    title: `the setting ${name}, as of ${version}`,
    level: 'baseline',
    version,
    spec: { securityContext: { sysctls: [{ name, value: '1' }] }, containers: [main()] },
    text: `forbidden sysctls (${name})`,
  })),
  {
    title: 'processes of a Windows node',
    level: 'baseline',
    spec: {
      hostNetwork: true,
      securityContext: { windowsOptions: { hostProcess: true } },
      containers: [container({ windowsOptions: { hostProcess: true } })],
    },
    text: 'host namespaces (hostNetwork=true), hostProcess (pod and container "main" must not set securityContext.windowsOptions.hostProcess=true)',
  },
];

const restricted: readonly Case[] = [
  { title: 'a careful pod', level: 'restricted', spec: { containers: [careful()] } },
  {
    title: 'a pod that says nothing',
    level: 'restricted',
    spec: { containers: [main(), main({}, 'other')] },
    text: 'allowPrivilegeEscalation != false (containers "main", "other" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "main", "other" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "main", "other" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "main", "other" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  },
  {
    title: 'a pod that says nothing, as of v1.7',
    level: 'restricted',
    version: 'v1.7',
    spec: { containers: [main()] },
    text: 'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true)',
  },
  {
    title: 'a pod that says nothing, as of v1.21',
    level: 'restricted',
    version: 'v1.21',
    spec: { containers: [main()] },
    text: 'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  },
  {
    title: 'what the pod says for its containers',
    level: 'restricted',
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } })],
    },
  },
  {
    title: 'capabilities',
    level: 'restricted',
    spec: {
      containers: [
        careful({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
        careful({ capabilities: { drop: ['CHOWN'], add: ['SYS_TIME', 'CHOWN'] } }, 'other'),
      ],
    },
    text: 'unrestricted capabilities (container "other" must set securityContext.capabilities.drop=["ALL"]; container "other" must not include "CHOWN", "SYS_TIME" in securityContext.capabilities.add)',
  },
  {
    title: 'root',
    level: 'restricted',
    spec: {
      securityContext: { runAsUser: 0, runAsNonRoot: false },
      containers: [careful({ runAsUser: 0, runAsNonRoot: false }), careful({}, 'fine')],
    },
    text: 'runAsNonRoot != true (pod and container "main" must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod and container "main" must not set runAsUser=0)',
  },
  {
    title: 'root among users of its own',
    level: 'restricted',
    spec: {
      hostUsers: false,
      containers: [careful({ runAsUser: 0, runAsNonRoot: false })],
    },
  },
  {
    title: 'a whole /proc even for users of its own',
    level: 'restricted',
    spec: { hostUsers: false, containers: [careful({ procMount: 'Unmasked' })] },
    text: 'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
  },
  {
    title: 'a seccomp profile that is switched off',
    level: 'restricted',
    spec: {
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'x' } },
      containers: [careful({ seccompProfile: { type: 'Unconfined' } })],
    },
    text: 'seccompProfile (container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
  },
  {
    title: 'volumes that are not for everyone',
    level: 'restricted',
    spec: {
      containers: [careful()],
      volumes: [
        { name: 'a', hostPath: { path: '/a' } },
        { name: 'b', nfs: { server: 's', path: '/b' } },
        { name: 'c', emptyDir: {} },
        { name: 'd', nfs: { server: 's', path: '/d' } },
        { name: 'e', configMap: { name: 'x' } },
      ],
    },
    text: 'restricted volume types (volumes "a", "b", "d" use restricted volume types "hostPath", "nfs")',
  },
  {
    title: 'a pod for Windows',
    level: 'restricted',
    spec: {
      os: { name: 'windows' },
      securityContext: { runAsNonRoot: true },
      containers: [main()],
    },
  },
  {
    title: 'a pod for Windows, as of v1.24',
    level: 'restricted',
    version: 'v1.24',
    spec: {
      os: { name: 'windows' },
      securityContext: { runAsNonRoot: true },
      containers: [main()],
    },
    text: 'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  },
  {
    title: 'what baseline refuses',
    level: 'restricted',
    spec: {
      hostPID: true,
      containers: [careful({ privileged: true, allowPrivilegeEscalation: undefined })],
    },
    text: 'host namespaces (hostPID=true), privileged (container "main" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false)',
  },
];

/** Every finding of a container that says nothing. */
const SILENT =
  'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

const PREFIX = 'pod-security.kubernetes.io/';

describeOnEachServer('Pod Security', {}, (environment) => {
  let client: Client;
  const namespaces: string[] = [];

  before(async () => {
    client = await environment().client();
  });
  after(async () => {
    await Promise.allSettled(namespaces.map((name) => client.delete(Namespace, { name })));
  });

  /** A namespace with labels from the start: a real server reads changed ones through a cache. */
  const makeNamespace = async (labels: Readonly<Record<string, string>>): Promise<string> => {
    const prefixed = Object.entries(labels).map(([key, value]) => [PREFIX + key, value]);
    const { metadata } = await client.create(Namespace, {
      metadata: {
        generateName: 'test-',
        // Written out, since the names are made here.
        labels: Object.fromEntries(prefixed) as Record<string, string>,
      },
    });
    namespaces.push(metadata.name);
    await client
      .create(ServiceAccount, { metadata: { name: 'default', namespace: metadata.name } })
      .catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
    return metadata.name;
  };
  /** Creates something without storing it. @returns the warnings that came with the answer */
  const warningsOf = async <T extends KubernetesObject>(
    resource: Resource<T>,
    namespace: string,
    body: object,
    query = '?dryRun=All',
  ): Promise<string> => {
    const { headers } = await client.raw({
      method: 'POST',
      path: resourcePath(resource, { namespace }) + query,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion:
          resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
        kind: resource.kind,
        metadata: { name: 'subject' },
        ...body,
      }),
    });
    return headers['warning'] ?? '';
  };
  const warning = (text: string): string => `299 - ${JSON.stringify(text)}`;
  const makePod = (
    namespace: string,
    spec: Partial<PodSpec>,
    annotations: Readonly<Record<string, string>> = {},
    dryRun = true,
  ) =>
    client.create(
      Pod,
      {
        metadata: { name: 'subject', namespace, annotations: { ...annotations } },
        spec: { schedulerName: 'nobody', containers: [main()], ...spec },
      },
      { dryRun },
    );

  for (const level of ['baseline', 'restricted'] as const) {
    describe(`the level ${level}`, () => {
      const byVersion = new Map<string, Promise<string>>();
      const namespaceOf = (version: string): Promise<string> => {
        const known = byVersion.get(version);
        if (known !== undefined) return known;
        const made = makeNamespace({ enforce: level, 'enforce-version': version });
        byVersion.set(version, made);
        return made;
      };
      for (const each of level === 'baseline' ? baseline : restricted) {
        const { title, version = 'latest', spec, annotations, text } = each;
        test(`${text === undefined ? 'takes' : 'refuses'} ${title}`, async () => {
          const namespace = await namespaceOf(version);
          const call = makePod(namespace, spec, annotations);
          if (text === undefined) {
            await call;
            return;
          }
          const { code, status } = await refusalOf(call);
          assert.equal(code, 403);
          assert.equal(
            status.message,
            `pods "subject" is forbidden: violates PodSecurity "${level}:${version}": ${text}`,
          );
          assert.deepEqual(status.details, { name: 'subject', kind: 'pods' });
        });
      }
    });
  }

  test('warns of the level that is to be warned of', async () => {
    const namespace = await makeNamespace({ warn: 'restricted', 'warn-version': 'v1.21' });
    assert.equal(
      await warningsOf(Pod, namespace, { spec: { containers: [main()] } }),
      warning(
        'would violate PodSecurity "restricted:v1.21": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      ),
    );
    assert.equal(await warningsOf(Pod, namespace, { spec: { containers: [careful()] } }), '');
  });

  test('says nothing of a level that is only written down', async () => {
    const namespace = await makeNamespace({ audit: 'restricted' });
    assert.equal(await warningsOf(Pod, namespace, { spec: { containers: [main()] } }), '');
  });

  test('warns of the enforced level, unless it is told another', async () => {
    const deployment = {
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers: [main()] } },
      },
    };
    const follows = await makeNamespace({ enforce: 'restricted', 'enforce-version': 'v1.7' });
    assert.equal(
      await warningsOf(Deployment, follows, deployment),
      warning(
        'would violate PodSecurity "restricted:v1.7": runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true)',
      ),
    );
    const silent = await makeNamespace({ enforce: 'restricted', warn: 'privileged' });
    assert.equal(await warningsOf(Deployment, silent, deployment), '');
    const dated = await makeNamespace({ enforce: 'restricted', 'warn-version': 'v1.7' });
    assert.match(await warningsOf(Deployment, dated, deployment), /restricted:v1\.7/);
  });

  test('warns of templates of pods, and lets them in', async () => {
    const namespace = await makeNamespace({ enforce: 'restricted' });
    const expected = warning(`would violate PodSecurity "restricted:latest": ${SILENT}`);
    const metadata = { labels: { app: 'a' } };
    const template = { metadata, spec: { containers: [main()] } };
    const selector = { matchLabels: { app: 'a' } };
    const job = {
      template: { metadata, spec: { restartPolicy: 'Never', containers: [main()] } },
    };
    const subjects: readonly (readonly [Resource, object])[] = [
      [Deployment, { spec: { selector, template } }],
      [ReplicaSet, { spec: { selector, template } }],
      [StatefulSet, { spec: { serviceName: 's', selector, template } }],
      [DaemonSet, { spec: { selector, template } }],
      [Job, { spec: job }],
      [CronJob, { spec: { schedule: '@daily', jobTemplate: { spec: job } } }],
      [ReplicationController, { spec: { selector: { app: 'a' }, template } }],
      [PodTemplate, { template }],
    ] as readonly (readonly [Resource, object])[]; // of any kind: only their paths are used
    for (const [resource, body] of subjects) {
      assert.equal(await warningsOf(resource, namespace, body), expected, resource.kind);
    }
  });

  test('warns of AppArmor profiles in the annotations of a template', async () => {
    const namespace = await makeNamespace({ warn: 'baseline' });
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/main': 'unconfined' };
    const metadata = { labels: { app: 'a' }, annotations };
    const template = { metadata, spec: { containers: [main()] } };
    const spec = { selector: { matchLabels: { app: 'a' } }, template };
    assert.match(
      await warningsOf(Deployment, namespace, { spec }),
      /would violate PodSecurity \\"baseline:latest\\": forbidden AppArmor profile \(annotation must not set AppArmor profile type to \\"container.apparmor.security.beta.kubernetes.io\/main=\\"unconfined\\"\\"\)/,
    );
  });

  test('reads AppArmor profiles from the annotations of a pod', async () => {
    const namespace = await makeNamespace({});
    const key = (container: string): string =>
      `container.apparmor.security.beta.kubernetes.io/${container}`;
    const annotations = {
      [key('local')]: 'localhost/x',
      [key('default')]: 'runtime/default',
      [key('said')]: 'unconfined',
    };
    const body = {
      metadata: { name: 'subject', annotations },
      spec: {
        containers: [
          main({}, 'local'),
          main({}, 'default'),
          container({ appArmorProfile: { type: 'Unconfined' } }, 'said'),
          main({}, 'silent'),
        ],
      },
    };
    assert.equal(
      await warningsOf(Pod, namespace, body),
      ['local', 'default']
        .map((each) =>
          warning(
            `metadata.annotations[${key(each)}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
          ),
        )
        .join(', '),
    );
    const { spec, metadata } = await makePod(namespace, body.spec, annotations);
    assert.deepEqual(metadata.annotations, annotations);
    assert.deepEqual(
      spec?.containers.map(({ securityContext }) => securityContext?.appArmorProfile),
      [
        { type: 'Localhost', localhostProfile: 'x' },
        { type: 'RuntimeDefault' },
        { type: 'Unconfined' },
        undefined,
      ],
    );
  });

  test('looks at a pod again only when it gets another image or another container', async () => {
    const name = await makeNamespace({});
    await makePod(name, {}, {}, false);
    await client.patch(
      Namespace,
      { name },
      {
        type: 'merge',
        body: { metadata: { labels: { [`${PREFIX}enforce`]: 'restricted' } } },
      },
    );
    const pod = { name: 'subject', namespace: name };
    const patch = (body: object, subresource?: string) =>
      client.patch(
        Pod,
        pod,
        { type: 'strategic', body },
        subresource === undefined ? {} : { subresource },
      );
    const image = { spec: { containers: [{ name: 'main', image: 'example.com/main:2' }] } };
    // A real server may see the labels a moment later.
    for (;;) {
      const answer = await patch(image).catch((error: unknown) => error);
      if (answer instanceof Error) {
        assert.match(answer.message, /is forbidden: violates PodSecurity "restricted:latest"/);
        break;
      }
      image.spec.containers = image.spec.containers.map((each) => ({
        ...each,
        image: `${each.image}0`,
      }));
    }
    await patch({ metadata: { labels: { changed: 'yes' } } });
    await patch({ status: { phase: 'Running' } }, 'status');
    const debug = { spec: { ephemeralContainers: [careful({}, 'debug')] } };
    const { status } = await refusalOf(patch(debug, 'ephemeralcontainers'));
    assert.equal(
      status.message,
      `pods "subject" is forbidden: violates PodSecurity "restricted:latest": ${SILENT}`,
    );
  });

  test('tells of pods that a stricter namespace would not take any more', async () => {
    const name = await makeNamespace({});
    const make = (pod: string, spec: Partial<PodSpec>) =>
      client.create(Pod, {
        metadata: { name: pod, namespace: name },
        spec: { schedulerName: 'nobody', containers: [main()], ...spec },
      });
    await make('c', { hostPID: true });
    await make('b', { hostPID: true });
    await make('a', { hostPID: true, containers: [container({ privileged: true })] });
    await make('fine', {});
    const label = async (labels: Record<string, string>, query = ''): Promise<string> => {
      const { headers } = await client.raw({
        method: 'PATCH',
        path: resourcePath(Namespace, { name }) + query,
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ metadata: { labels } }),
      });
      return headers['warning'] ?? '';
    };
    const warnings = [
      `existing pods in namespace "${name}" violate the new PodSecurity enforce level "baseline:latest"`,
      'a: host namespaces, privileged',
      'b (and 1 other pod): host namespaces',
    ]
      .map(warning)
      .join(', ');
    const stricter = { [`${PREFIX}enforce`]: 'baseline' };
    // A real server looks pods up in a cache.
    await untilAnswer(
      () => label(stricter, '?dryRun=All'),
      (answer) => answer === warnings,
    );
    assert.equal(await label(stricter), warnings);
    assert.equal(await label({ [`${PREFIX}warn`]: 'baseline' }), '');
    assert.equal(await label({ [`${PREFIX}enforce`]: 'privileged' }), '');
  });

  test('refuses labels that mean nothing', async () => {
    const labels = { [`${PREFIX}enforce`]: 'foo', [`${PREFIX}warn-version`]: 'v2' };
    const { code, status } = await refusalOf(
      client.create(Namespace, { metadata: { name: 'wrong-labels', labels } }),
    );
    assert.equal(code, 422);
    assert.equal(
      status.message,
      'Namespace "wrong-labels" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "foo": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v2": must be "latest" or "v1.x"]',
    );
    const name = await makeNamespace({ enforce: 'baseline' });
    const change = await refusalOf(
      client.patch(
        Namespace,
        { name },
        {
          type: 'merge',
          body: { metadata: { labels: { [`${PREFIX}audit`]: 'all' } } },
        },
      ),
    );
    assert.equal(
      change.status.message,
      `Namespace "${name}" is invalid: metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: "all": must be one of privileged, baseline, restricted`,
    );
  });
});
