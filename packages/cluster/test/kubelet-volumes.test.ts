import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { StatusError, type Pod } from '@kubewright/apimachinery';
import { writeAtomically, type VolumeFile } from '../src/kubelet/volumes/atomic-directory.ts';
import { checkHostPath } from '../src/kubelet/volumes/host-path.ts';
import { volumeFiles, type VolumeSources } from '../src/kubelet/volumes/volume-content.ts';

async function newFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-volume-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function file(text: string): VolumeFile {
  return { content: Buffer.from(text), mode: 0o644 };
}

const pod: Pod = {
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', resources: { limits: { cpu: '1500m' } } }] },
};

function sources(): VolumeSources {
  const missing = (): Promise<never> =>
    Promise.reject(new StatusError({ reason: 'NotFound', code: 404 }));
  return {
    getConfigMap: (_namespace, name) =>
      name === 'present'
        ? Promise.resolve({ metadata: {}, data: { a: 'A', b: 'B' }, binaryData: { c: 'AQI=' } })
        : missing(),
    getSecret: missing,
    token: () => Promise.resolve('a-token'),
    facts: { nodeName: 'n', hostIp: '127.0.0.1', podIp: undefined, allocatable: { cpu: '8' } },
  };
}

test('shows a new version of all files at once', async (context) => {
  const folder = await newFolder(context);
  await writeAtomically(
    folder,
    new Map([
      ['a', file('1')],
      ['deep/b', file('2')],
    ]),
  );
  const before = await readlink(join(folder, '..data'));
  assert.equal(await readFile(join(folder, 'deep/b'), 'utf8'), '2');
  await writeAtomically(folder, new Map([['a', file('3')]]));
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), '3');
  assert.notEqual(await readlink(join(folder, '..data')), before);
  const names = (await readdir(folder)).filter((name) => !name.startsWith('..'));
  assert.deepEqual(names, ['a']);
});

test('leaves a volume alone whose content is the same', async (context) => {
  const folder = await newFolder(context);
  await writeAtomically(folder, new Map([['a', file('1')]]));
  const before = await readlink(join(folder, '..data'));
  await writeAtomically(folder, new Map([['a', file('1')]]));
  assert.equal(await readlink(join(folder, '..data')), before);
});

test('refuses a path that leaves the volume', async (context) => {
  const folder = await newFolder(context);
  for (const path of ['../x', '/etc/x', 'a/../../x', '']) {
    await assert.rejects(writeAtomically(folder, new Map([[path, file('')]])), TypeError);
  }
});

test('takes the keys a volume names, text and bytes', async () => {
  const files = await volumeFiles(
    {
      name: 'v',
      configMap: {
        name: 'present',
        items: [
          { key: 'a', path: 'x/a', mode: 0o400 },
          { key: 'c', path: 'c' },
        ],
      },
    },
    pod,
    sources(),
  );
  assert.deepEqual(
    [...(files ?? [])].map(([path, { content, mode }]) => [path, content.toString('hex'), mode]),
    [
      ['x/a', '41', 0o400],
      ['c', '0102', 0o644],
    ],
  );
});

test('lets what is optional be missing, and nothing else', async () => {
  const optional = { name: 'v', configMap: { name: 'absent', optional: true } };
  assert.equal((await volumeFiles(optional, pod, sources()))?.size, 0);
  await assert.rejects(volumeFiles({ name: 'v', secret: { secretName: 's' } }, pod, sources()), {
    message: 'secret "s" not found',
  });
});

test('projects token, labels and amounts into one folder', async () => {
  const files = await volumeFiles(
    {
      name: 'v',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token' } },
          {
            downwardAPI: {
              items: [
                { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
                { path: 'cpu', resourceFieldRef: { resource: 'limits.cpu', containerName: 'app' } },
              ],
            },
          },
        ],
      },
    },
    pod,
    sources(),
  );
  const shown = Object.fromEntries(
    [...(files ?? [])].map(([path, { content }]) => [path, content.toString('utf8')]),
  );
  assert.deepEqual(shown, { token: 'a-token', labels: 'app="web"', cpu: '2' });
});

test('holds a path of the node to the type that the volume names', async (context) => {
  const folder = await newFolder(context);
  const path = join(folder, 'present');
  await checkHostPath({ path, type: 'FileOrCreate' });
  await checkHostPath({ path, type: 'File' });
  await checkHostPath({ path: folder, type: 'DirectoryOrCreate' });
  await checkHostPath({ path: join(folder, 'made/deep'), type: 'DirectoryOrCreate' });
  await checkHostPath({ path: '/dev/null', type: 'CharDevice' });
  await checkHostPath({ path: join(folder, 'absent') });
  const refused = {
    Directory: 'directory',
    DirectoryOrCreate: 'directory',
    Socket: 'socket file',
    CharDevice: 'character device',
    BlockDevice: 'block device',
  };
  for (const [type, name] of Object.entries(refused)) {
    await assert.rejects(checkHostPath({ path, type }), {
      message: `hostPath type check failed: ${path} is not a ${name}`,
    });
  }
  await assert.rejects(checkHostPath({ path: folder, type: 'FileOrCreate' }), /is not a file$/);
  const absent = join(folder, 'absent');
  await assert.rejects(checkHostPath({ path: absent, type: 'Socket' }), /is not a socket file$/);
});
