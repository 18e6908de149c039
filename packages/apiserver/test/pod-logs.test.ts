import assert from 'node:assert/strict';
import test from 'node:test';
import { StatusError } from '@kubewright/apimachinery';
import type { LogOptions } from '../src/streams/node-backend.ts';
import { refusalOf, runningPod, streamFixture } from './stream-fixture.ts';

const NEVER = new AbortController().signal;

function query(text: string): URLSearchParams {
  return new URLSearchParams(text);
}

async function* lines(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(`${text}\n`);
}

test('asks the node for the log of the only container, and passes its bytes on', async () => {
  const { streams, node } = streamFixture();
  const asked: unknown[] = [];
  node.log = async (target, options) => {
    asked.push(target, options);
    return lines('one', 'two');
  };
  const answer = await streams.logs(runningPod('web', 'app'), query(''), NEVER);
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) chunks.push(chunk);

  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/plain');
  assert.equal(Buffer.concat(chunks).toString(), 'one\ntwo\n');
  const nothing = { tailLines: undefined, sinceSeconds: undefined, sinceTime: undefined };
  assert.deepEqual(asked, [
    { namespace: 'default', pod: 'web', uid: 'uid-of-web', container: 'app' },
    {
      ...nothing,
      follow: false,
      previous: false,
      timestamps: false,
      limitBytes: undefined,
      signal: NEVER,
    },
  ]);
});

test('reads all that a request for logs can say', async () => {
  const { streams, node } = streamFixture();
  let options: LogOptions | undefined;
  node.log = async (_target, given) => {
    options = given;
    return lines();
  };
  const ask = async (text: string) => {
    await streams.logs(runningPod('web', 'a', 'b'), query(`container=b&${text}`), NEVER);
    assert.ok(options);
    return options;
  };

  const all = await ask(
    'follow=true&previous=1&timestamps=&tailLines=0&limitBytes=5&sinceSeconds=7',
  );
  assert.equal(all.follow, true);
  assert.equal(all.previous, true);
  assert.equal(all.timestamps, true);
  assert.equal(all.tailLines, 0);
  assert.equal(all.limitBytes, 5);
  assert.equal(all.sinceSeconds, 7);
  assert.equal((await ask('follow=False&previous=0')).follow, false);
  assert.equal((await ask('sinceTime=2030-01-01T00:00:00Z')).sinceTime, '2030-01-01T00:00:00Z');
});

test('refuses requests for logs in the words of the real server', async () => {
  const { streams } = streamFixture();
  const two = runningPod('two', 'a', 'b');
  two['spec'] = { ...two['spec'], initContainers: [{ name: 'i' }] } as object;
  const cases: readonly (readonly [string, number, string])[] = [
    ['', 400, 'a container name must be specified for pod two, choose one of: [i a b]'],
    ['container=zz', 400, 'container zz is not valid for pod two'],
    [
      'container=a&tailLines=-1',
      422,
      'PodLogOptions "two" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'container=a&sinceSeconds=0',
      422,
      'PodLogOptions "two" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      'container=a&limitBytes=0',
      422,
      'PodLogOptions "two" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
    ],
    [
      'container=a&sinceSeconds=5&sinceTime=2020-01-01T00:00:00Z',
      422,
      'PodLogOptions "two" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    ['container=a&tailLines=foo', 400, 'strconv.ParseInt: parsing "foo": invalid syntax'],
    [
      'container=a&tailLines=99999999999999999999',
      400,
      'strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
  ];
  for (const [text, code, message] of cases) {
    const refusal = await refusalOf(streams.logs(two, query(text), NEVER));
    assert.equal(refusal.message, message);
    assert.equal(refusal.code, code, message);
  }
});

test('answers nothing for a pod that no node has taken', async () => {
  const { streams } = streamFixture();
  const pod = runningPod('web', 'app');
  pod['spec'] = { containers: [{ name: 'app' }] };

  const answer = await streams.logs(pod, query(''), NEVER);

  assert.equal(answer.status, 200);
  assert.equal((answer.body as Uint8Array).byteLength, 0);
});

test('passes on what the node refuses', async () => {
  const { streams, node } = streamFixture();
  const message = 'container "app" in pod "web" is waiting to start: ErrImagePull';
  node.log = () => Promise.reject(new StatusError({ reason: 'BadRequest', message, code: 400 }));

  assert.equal(
    (await refusalOf(streams.logs(runningPod('web', 'app'), query(''), NEVER))).message,
    message,
  );
});

test('says that a node is not connected, also after it was', async () => {
  const { streams, node } = streamFixture();
  node.log = async () => lines('here');
  const pod = runningPod('web', 'app');
  pod['spec'] = { ...pod['spec'], nodeName: 'n2' } as object;
  const connection = streams.connectNode('n2', node);
  assert.equal((await streams.logs(pod, query(''), NEVER)).status, 200);
  connection[Symbol.dispose]();

  assert.equal(
    (await refusalOf(streams.logs(pod, query(''), NEVER))).message,
    'error dialing backend: the kubelet of node "n2" is not connected',
  );
});
