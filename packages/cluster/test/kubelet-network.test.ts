import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopbackRange, PortMap } from '../src/kubelet/index.ts';
import { parseLsof, parseSocketTable } from '../src/kubelet/network/listening-sockets.ts';
import { matchSocket, portVariables } from '../src/kubelet/network/port-plan.ts';
import { parseProcStat, processesOf } from '../src/kubelet/runtime/process-tree.ts';
import { startTestNode } from './kubelet-node.ts';

test('reads the listening sockets from the table of the kernel', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0200107F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1',
    '   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 222 1',
    '   2: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 111 1',
  ].join('\n');
  assert.deepEqual(parseSocketTable(table), [
    { address: '127.16.0.2', port: 8080, user: '0', inode: '111' },
    { address: '0.0.0.0', port: 80, user: '101', inode: '222' },
  ]);
  const six =
    'head\n 0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 333 1';
  assert.deepEqual(parseSocketTable(six), [{ address: '::', port: 8080, user: '0', inode: '333' }]);
});

test('reads the listening sockets from lsof', () => {
  assert.deepEqual(parseLsof('p12\nf5\nn127.0.0.1:80\nf6\nn*:8080\nf7\nn[::1]:90\n'), [
    { address: '127.0.0.1', port: 80 },
    { address: '0.0.0.0', port: 8080 },
    { address: '::1', port: 90 },
  ]);
});

test('prefers the promised port, then the declared one, then the only one', () => {
  const plan = new Map([[80, 40_000]]);
  const ip = '127.16.0.2';
  const at = (address: string, port: number): { address: string; port: number } => ({
    address,
    port,
  });
  assert.deepEqual(matchSocket(80, plan, [at('0.0.0.0', 80), at(ip, 40_000)], ip), {
    host: ip,
    port: 40_000,
  });
  assert.deepEqual(matchSocket(80, plan, [at('127.0.0.1', 80), at('::', 9)], ip), {
    host: '127.0.0.1',
    port: 80,
  });
  assert.deepEqual(matchSocket(80, plan, [at('0.0.0.0', 5000)], ip), { host: ip, port: 5000 });
  assert.equal(matchSocket(80, plan, [at(ip, 5000), at(ip, 5001)], ip), undefined);
  assert.equal(matchSocket(81, plan, [at(ip, 40_000)], ip), undefined);
});

test('tells a container its first port and each declared one', () => {
  const variables = portVariables(
    new Map([
      [80, 40_000],
      [443, 40_001],
    ]),
    '127.16.0.2',
  );
  assert.deepEqual(Object.fromEntries(variables), {
    HOST: '127.16.0.2',
    PORT: '40000',
    KUBEWRIGHT_PORT_80: '40000',
    KUBEWRIGHT_PORT_443: '40001',
  });
});

test('hands no address out twice, and none again at once', () => {
  const range = new LoopbackRange(20);
  const first = range.take();
  assert.equal(first, '127.20.0.2');
  range.release(first);
  assert.equal(range.take(), '127.20.0.3');
});

test('finds the processes of a container by group and by parent', () => {
  const stat = (line: string): ReturnType<typeof parseProcStat> => parseProcStat(line);
  const rest = '1 1 0 -1 0 0 0 0 0 0 0 0 20 0 1 0 1 1000 7 0';
  assert.equal(stat(`9 (a) b) Z 1 9 ${rest}`).length, 0);
  const [leader] = stat(`9 (a) b) S 1 9 ${rest}`);
  assert.deepEqual(leader, { pid: 9, parent: 1, group: 9, residentBytes: 7 * 4096 });
  const info = (pid: number, parent: number, group: number): NonNullable<typeof leader> => ({
    pid,
    parent,
    group,
    residentBytes: 0,
  });
  const all = [info(9, 1, 9), info(10, 1, 9), info(11, 9, 11), info(12, 11, 11), info(13, 1, 13)];
  const found = processesOf(all, [9]).map(({ pid }) => pid);
  assert.deepEqual(
    found.sort((left, right) => left - right),
    [9, 10, 11, 12],
  );
});

test('refuses to forward to a port nobody serves, in the words of a kubelet', async () => {
  await using node = await startTestNode();
  await assert.rejects(
    new PortMap(node.runtime).connect('no-such-pod', 80),
    /error forwarding port 80 to pod/,
  );
});
