import { KubeletRefusal } from './kubelet-refusal.ts';

/** The parts of a header that lists names. */
export function listedNames(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/**
 * Chooses a protocol for SPDY streams: the client's first that the server has.
 *
 * @throws KubeletRefusal 400 without any, 403 when none fits
 */
export function negotiateSpdyProtocol<Protocol extends { readonly name: string }>(
  header: string | undefined,
  supported: readonly Protocol[],
): Protocol {
  const asked = listedNames(header);
  if (asked.length === 0) {
    throw new KubeletRefusal(400, 'unable to upgrade: X-Stream-Protocol-Version is required');
  }
  const chosen = asked
    .map((name) => supported.find((protocol) => protocol.name === name))
    .find((protocol) => protocol !== undefined);
  if (chosen !== undefined) return chosen;
  const names = supported.map(({ name }) => name);
  throw new KubeletRefusal(
    403,
    `unable to upgrade: unable to negotiate protocol: client supports [${asked.join(' ')}], server accepts [${names.join(' ')}]`,
    { 'x-accepted-stream-protocol-versions': names },
  );
}

/**
 * Chooses a sub-protocol of a WebSocket: the client's first that the server has. A client that names none gets the
 * empty one, when there is one.
 *
 * @throws KubeletRefusal 403 when none fits
 */
export function negotiateWebSocketProtocol<Protocol extends { readonly name: string }>(
  asked: readonly string[],
  supported: readonly Protocol[],
): Protocol {
  const chosen = (asked.length === 0 ? [''] : asked)
    .map((name) => supported.find((protocol) => protocol.name === name))
    .find((protocol) => protocol !== undefined);
  if (chosen !== undefined) return chosen;
  throw new KubeletRefusal(
    403,
    `unable to upgrade: none of the protocols is known: ${asked.join(', ')}`,
  );
}
