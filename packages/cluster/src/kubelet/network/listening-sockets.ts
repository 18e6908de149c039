import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A TCP socket that waits for connections. */
export interface ListeningSocket {
  /** The local address, such as `127.0.0.1`, `0.0.0.0` or `::`. */
  readonly address: string;
  readonly port: number;
}

/**
 * The listening TCP sockets of some processes: from `/proc` on Linux, from `lsof` elsewhere.
 *
 * @param podIp Address of the processes. Those of another user cannot always be looked into (root in a container lacks
 *   CAP_SYS_PTRACE); then the sockets of that user on this address, or on all, are taken for theirs.
 */
export async function listeningSockets(
  pids: readonly number[],
  podIp: string,
): Promise<ListeningSocket[]> {
  if (pids.length === 0) return [];
  return process.platform === 'linux' ? fromProc(pids, podIp) : fromLsof(pids);
}

async function fromProc(pids: readonly number[], podIp: string): Promise<ListeningSocket[]> {
  const inodes = new Set<string>();
  const closedUsers = new Set<string>();
  await Promise.all(
    pids.map(async (pid) => {
      const found = await socketInodes(pid);
      for (const inode of found ?? []) inodes.add(inode);
      if (found === undefined) closedUsers.add(await userOf(pid));
    }),
  );
  if (inodes.size === 0 && closedUsers.size === 0) return [];
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'latin1').catch(() => '')),
  );
  return tables
    .flatMap(parseSocketTable)
    .filter(({ inode, user, address }) => {
      const isReachable = address === podIp || address === '0.0.0.0' || address === '::';
      return inodes.has(inode) || (closedUsers.has(user) && isReachable);
    })
    .map(({ address, port }) => ({ address, port }));
}

/** The sockets of a process; undefined when it may not be looked into. */
async function socketInodes(pid: number): Promise<string[] | undefined> {
  const folder = `/proc/${String(pid)}/fd`;
  try {
    const descriptors = await readdir(folder);
    const targets = await Promise.all(
      descriptors.map((name) => readlink(`${folder}/${name}`).catch(orGone)),
    );
    return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    return []; // gone
  }
}

function orGone(error: unknown): string {
  if (isRefusal(error)) throw error;
  return '';
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EACCES';
}

/** The effective user of a process; empty when it is gone. */
async function userOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'latin1').catch(() => '');
  return /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? '';
}

/** The state LISTEN in `/proc/net/tcp`. */
const listenState = '0A';

/** A line of the kernel's table of sockets. */
export interface SocketEntry extends ListeningSocket {
  /** The user it belongs to. */
  readonly user: string;
  readonly inode: string;
}

/** The listening sockets in a table such as `/proc/net/tcp`. */
export function parseSocketTable(table: string): SocketEntry[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      const [user, inode] = [fields[7], fields[9]];
      if (state !== listenState || local === undefined) return [];
      const [address, port] = local.split(':');
      if (address === undefined || port === undefined) return [];
      if (user === undefined || inode === undefined) return [];
      return [{ address: decodeAddress(address), port: Number.parseInt(port, 16), user, inode }];
    });
}

/** Addresses are written as 32-bit words in the machine's byte order, little-endian on what Node runs on. */
function decodeAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  for (let word = 0; word < bytes.length; word += 4) bytes.subarray(word, word + 4).reverse();
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.every((byte) => byte === 0)) return '::';
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff) {
    return [...bytes.subarray(12)].join('.');
  }
  if (bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}

async function fromLsof(pids: readonly number[]): Promise<ListeningSocket[]> {
  const args = ['-nP', '-a', '-p', pids.join(','), '-iTCP', '-sTCP:LISTEN', '-Fn'];
  // lsof exits with 1 when it finds nothing.
  const { stdout } = await run('lsof', args).catch(() => ({ stdout: '' }));
  return parseLsof(stdout);
}

/** Reads the output of `lsof -Fn`. */
export function parseLsof(output: string): ListeningSocket[] {
  return output.split('\n').flatMap((line) => {
    const match = /^n(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(line);
    if (match === null) return [];
    const address = match[1] ?? match[2] ?? '*';
    return [{ address: address === '*' ? '0.0.0.0' : address, port: Number(match[3]) }];
  });
}
