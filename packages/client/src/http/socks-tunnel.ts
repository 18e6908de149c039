import { once } from 'node:events';
import { connect, isIPv4, isIPv6, type Socket } from 'node:net';
import { asError } from '@kubewright/apimachinery';
import type { TunnelRequest } from './tunnel-request.ts';

const version = 5;
const [noAuthentication, byPassword] = [0, 2];
const connectCommand = 1;
const [addressIPv4, addressName, addressIPv6] = [1, 3, 4];

// Replies of RFC 1928, section 6.
const refusals: readonly (string | undefined)[] = [
  undefined,
  'failed without saying why',
  'does not allow this connection',
  'found the network unreachable',
  'found the host unreachable',
  'was refused the connection',
  'gave up, the time to live is over',
  'does not know the command',
  'does not know this type of address',
];

/**
 * Asks a SOCKS5 proxy for a connection (RFC 1928, with user name and password by RFC 1929). It is the proxy that
 * resolves the name.
 *
 * @throws Error when the proxy cannot be reached or refuses.
 */
export async function openSocksTunnel(tunnel: TunnelRequest): Promise<Socket> {
  const { proxy, hostname, port, signal } = tunnel;
  const proxyHost = proxy.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host: proxyHost, port: Number(proxy.port || 1080) });
  // Heard by what waits; between two waits by nobody else.
  const onError = (): void => undefined;
  socket.on('error', onError);
  const onAbort = (): void => {
    socket.destroy(asError(signal.reason));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await once(socket, 'connect');
    await authenticate(socket, proxy);
    const destination = Buffer.concat([addressOf(hostname), Buffer.alloc(2)]);
    destination.writeUInt16BE(Number(port), destination.length - 2);
    socket.write(Buffer.concat([Buffer.of(version, connectCommand, 0), destination]));
    const [, reply = 1, , type = 0] = await read(socket, 4);
    if (reply !== 0) throw new Error(refusals[reply] ?? `refused with reply ${reply}`);
    // Where it connects from, which nobody needs to know.
    await read(socket, (await lengthOfAddress(socket, type)) + 2);
    socket.off('error', onError);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function authenticate(socket: Socket, { username, password }: URL): Promise<void> {
  const hasUser = username !== '' || password !== '';
  const methods = hasUser ? [noAuthentication, byPassword] : [noAuthentication];
  socket.write(Buffer.of(version, methods.length, ...methods));
  const [answered, method] = await read(socket, 2);
  if (answered !== version) throw new Error('does not speak SOCKS5');
  if (method === noAuthentication) return;
  if (method !== byPassword || !hasUser) {
    throw new Error(
      hasUser
        ? 'takes no user name and password'
        : 'wants to know who asks; put user and password into the proxy URL',
    );
  }
  socket.write(Buffer.concat([Buffer.of(1), counted(username), counted(password)]));
  const [, status] = await read(socket, 2);
  if (status !== 0) throw new Error('does not accept the user name and password of the proxy URL');
}

/** A part of a URL, unescaped, after its length. */
function counted(part: string): Buffer {
  return withLength(Buffer.from(decodeURIComponent(part)), 'user name or password');
}

function withLength(bytes: Buffer, what: string): Buffer {
  if (bytes.length > 255) throw new Error(`cannot be told a ${what} of more than 255 bytes`);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function addressOf(hostname: string): Buffer {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIPv4(bare)) return Buffer.of(addressIPv4, ...bare.split('.').map(Number));
  if (isIPv6(bare)) return Buffer.concat([Buffer.of(addressIPv6), bytesOfIPv6(bare)]);
  return Buffer.concat([Buffer.of(addressName), withLength(Buffer.from(bare), 'host name')]);
}

function bytesOfIPv6(address: string): Buffer {
  // A URL writes it in one way: without dots, and with `::` for the longest run of zeros.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const groups = [...before, ...zeros, ...after].map((group) => group.padStart(4, '0'));
  return Buffer.from(groups.join(''), 'hex');
}

async function lengthOfAddress(socket: Socket, type: number): Promise<number> {
  switch (type) {
    case addressIPv4:
      return 4;
    case addressIPv6:
      return 16;
    case addressName:
      return (await read(socket, 1))[0] ?? 0;
    default:
      throw new Error(`answered with an address of unknown type ${type}`);
  }
}

/** Exactly so many bytes; what follows stays in the socket. */
async function read(socket: Socket, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let missing = length; missing > 0;) {
    // All there is: a rest left in the socket would count as readable at once, again and again. Without an encoding
    // these are Buffers; the type says `any`.
    const piece = socket.read() as Buffer | null;
    if (piece === null) {
      if (socket.readableEnded || socket.destroyed) {
        throw new Error('closed the connection instead of an answer');
      }
      await once(socket, 'readable');
      continue;
    }
    if (piece.length > missing) socket.unshift(piece.subarray(missing));
    pieces.push(piece.subarray(0, missing));
    missing -= Math.min(missing, piece.length);
  }
  return Buffer.concat(pieces);
}
