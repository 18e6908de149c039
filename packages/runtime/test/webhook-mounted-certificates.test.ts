import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Client } from '@kubewright/client';
import {
  MountedCertificates,
  type CertificateContext,
  type KeyedCertificate,
} from '../src/index.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import { createAuthority, issueServerCertificate } from '../src/webhook/certificates/x509.ts';
import { recordingLogger, type LogEntry } from './controller-under-test.ts';
import { noInstruments } from '../src/metrics/instruments.ts';
import { QuietCluster } from './quiet-cluster.ts';

const intervalMs = 10_000;
const validity = {
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + 3_600_000),
};
const authority = await createAuthority(validity);

let folder: string;
let mounts = 0;
let clock: FakeClock;
let logs: LogEntry[];
let context: CertificateContext;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewright-webhook-'));
  clock = new FakeClock();
  logs = [];
  context = {
    client: new Client({ transport: new QuietCluster() }),
    clock,
    logger: recordingLogger(logs),
    instruments: noInstruments,
    metrics: { failed: () => undefined },
    report: () => undefined,
    targets: {
      customResourceDefinitions: [],
      validatingWebhookConfigurations: [],
      mutatingWebhookConfigurations: [],
    },
  };
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function newPair(): Promise<KeyedCertificate> {
  return issueServerCertificate(authority, ['store.svc'], validity);
}

/** Puts files in place as a kubelet does: into a folder of their own, then the link to it is exchanged. */
async function mount({ certificate, key }: KeyedCertificate): Promise<void> {
  mounts += 1;
  const version = join(folder, `..version-${String(mounts)}`);
  await mkdir(version);
  await writeFile(join(version, 'tls.crt'), certificate);
  await writeFile(join(version, 'tls.key'), key);
  const next = join(folder, '..next');
  await symlink(version, next);
  await rename(next, join(folder, '..data'));
  for (const file of ['tls.crt', 'tls.key']) {
    await symlink(join('..data', file), join(folder, file)).catch(() => undefined);
  }
}

/** Reads files for real, so that time may pass only when they have been read. */
async function untilWaiting(): Promise<void> {
  while (clock.pendingTimers === 0) await new Promise(setImmediate);
}

async function nextLook(): Promise<void> {
  await untilWaiting();
  await clock.advance(intervalMs);
  await untilWaiting();
}

test('waits for the files', async () => {
  const certificates = new MountedCertificates({ directory: folder });
  const loaded = certificates.load(context, AbortSignal.timeout(60_000));
  await untilWaiting();
  assert.match(certificates.problem() ?? '', /ENOENT.*tls\.crt/);
  const pair = await newPair();
  await mount(pair);
  await clock.advance(intervalMs);
  assert.deepEqual(await loaded, pair);
  assert.equal(certificates.problem(), undefined);
});

test('takes over a pair that was exchanged', async () => {
  const stop = new AbortController();
  const certificates = new MountedCertificates({ directory: folder });
  await mount(await newPair());
  await certificates.load(context, stop.signal);
  const used: KeyedCertificate[] = [];
  const kept = certificates.keep(context, (pair) => used.push(pair), stop.signal);
  await nextLook();
  assert.deepEqual(used, []);
  const pair = await newPair();
  await mount(pair);
  await nextLook();
  assert.deepEqual(used, [pair]);
  stop.abort(new Error('enough'));
  await assert.rejects(kept, { message: 'enough' });
});

test('keeps what it has while the files do not belong together, and says so once', async () => {
  const stop = new AbortController();
  const certificates = new MountedCertificates({ directory: folder });
  const [pair, other] = [await newPair(), await newPair()];
  await mount(pair);
  await certificates.load(context, stop.signal);
  const used: KeyedCertificate[] = [];
  const kept = certificates.keep(context, (next) => used.push(next), stop.signal);
  await mount({ certificate: other.certificate, key: pair.key });
  await nextLook();
  await nextLook();
  assert.deepEqual(used, []);
  assert.equal(certificates.problem(), undefined);
  const warnings = logs.filter(({ level }) => level === 'warn');
  assert.equal(warnings.length, 1);
  assert.match(String(warnings[0]?.['error']), /tls\.key is not the key of .*tls\.crt/);
  await mount(other);
  await nextLook();
  assert.deepEqual(used, [other]);
  stop.abort(new Error('enough'));
  await assert.rejects(kept, { message: 'enough' });
});
