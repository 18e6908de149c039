import assert from 'node:assert/strict';
import { StatusError, type WebSocketConnection } from '@kubewright/apimachinery';
import type {
  AcceptedStream,
  JsonObject,
  NodeConnections,
  NodeStreams,
  StreamSubresource,
} from '../src/contracts.ts';
import type { NodeBackend } from '../src/streams/node-backend.ts';
import { createNodeStreams } from '../src/streams/node-streams.ts';
import { ScriptedNode } from './scripted-node.ts';

/** A pod on the scripted node whose containers run. */
export function runningPod(name: string, ...containers: readonly string[]): JsonObject {
  return {
    metadata: { name, namespace: 'default', uid: `uid-of-${name}` },
    spec: { nodeName: 'n1', containers: containers.map((container) => ({ name: container })) },
    status: {
      containerStatuses: containers.map((container) => ({
        name: container,
        state: { running: { startedAt: '2030-01-01T00:00:00Z' } },
      })),
    },
  };
}

/** A request that the gate let pass: `exec?command=ls&stdout=true`. */
export function accepted(text: string, pod: JsonObject = runningPod('web', 'app')): AcceptedStream {
  const [subresource = '', query = ''] = text.split('?');
  return {
    // Tests name one of the three.
    subresource: subresource as StreamSubresource,
    pod,
    query: new URLSearchParams(query),
    user: { username: 'jane', groups: [] },
  };
}

export interface StreamFixture {
  readonly streams: NodeStreams & NodeConnections<NodeBackend>;
  readonly node: ScriptedNode;
}

export function streamFixture(): StreamFixture {
  const streams = createNodeStreams();
  const node = new ScriptedNode();
  streams.connectNode('n1', node);
  return { streams, node };
}

/** All messages until the connection ends: the channel and its bytes as text. */
export async function messagesOf(
  connection: WebSocketConnection,
): Promise<readonly (readonly [number, string])[]> {
  const messages: (readonly [number, string])[] = [];
  for await (const message of connection.messages) messages.push(channelOf(message));
  return messages;
}

export function channelOf(message: Uint8Array): readonly [number, string] {
  return [message[0] ?? -1, Buffer.from(message.subarray(1)).toString('latin1')];
}

/** The bytes of one channel, joined. */
export function textOf(messages: readonly (readonly [number, string])[], channel: number): string {
  return messages.flatMap(([number, text]) => (number === channel ? [text] : [])).join('');
}

export async function refusalOf(work: Promise<unknown> | (() => unknown)): Promise<StatusError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  throw new Error('was not refused');
}
