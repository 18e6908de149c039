import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { heldBytes, parseRollup } from '../src/kubelet/runtime/held-memory.ts';
import { listProcesses, processesOf } from '../src/kubelet/runtime/process-tree.ts';

const mebibyte = 1024 * 1024;
const otherSystem = process.platform === 'linux' ? false : 'this system has no /proc';

test('memory that processes share counts once', { skip: otherSystem }, async () => {
  const children = 9;
  // A shell with ten megabytes in a variable, and copies of it that the kernel lets share them. The copies wait for
  // what never comes at a descriptor of their own: a shell gives its background commands /dev/null as input.
  const script = [
    'exec 3<&0',
    'text=$(head -c 10485760 /dev/zero | tr "\\0" a)',
    `for i in $(seq ${String(children)}); do (read -r line <&3; echo "$text") & done`,
    'echo ready; read -r line',
  ].join('\n');
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const leader = shell.pid;
  assert.ok(leader !== undefined);
  try {
    await once(shell.stdout, 'data');
    const members = processesOf(await listProcesses(), [leader]);
    const copies = members.filter(({ residentBytes }) => residentBytes > 10 * mebibyte);
    assert.equal(copies.length, children + 1);
    const residentBytes = members.reduce((sum, info) => sum + info.residentBytes, 0);
    const held = await heldBytes(members);
    assert.ok(held > 10 * mebibyte, `${String(held)} bytes are less than the variable`);
    assert.ok(
      held < residentBytes / 2,
      `${String(held)} of ${String(residentBytes)} bytes: what is shared counts for each`,
    );
  } finally {
    process.kill(-leader, 'SIGKILL');
  }
});

test('a process that is gone holds what it had when it was seen', async () => {
  const gone = { pid: 2 ** 30, parent: 1, group: 1, residentBytes: 12_345 };
  assert.equal(await heldBytes([gone]), 12_345);
});

test('pages of files are left out, as the kernel can drop them', () => {
  const text = [
    '5589bbf2f000-7ffe4b640000 ---p 00000000 00:00 0                          [rollup]',
    'Rss:                1780 kB',
    'Pss:                 226 kB',
    'Pss_Anon:            116 kB',
    'Pss_File:            100 kB',
    'Pss_Shmem:            10 kB',
    'SwapPss:               0 kB',
  ].join('\n');
  assert.equal(parseRollup(text), 126 * 1024);
  assert.throws(() => parseRollup('Rss: 1780 kB\nPss: 226 kB\n'), RangeError);
});
