import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Transport } from '@kubewright/apimachinery';
import { ApiServer } from '../../src/index.ts';
import {
  bodyText,
  caseTitle,
  comparable,
  type BehaviourAnswer,
  type BehaviourCase,
} from './behaviour-case.ts';
import { FakeClock } from '../server-fixture.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { SCENARIOS } from './scenarios.ts';

/** Who sent the requests to the real server. */
const RECORDER = { user: 'admin', groups: ['system:masters'] };

async function send(transport: Transport, request: BehaviourCase): Promise<BehaviourAnswer> {
  const body = bodyText(request.body);
  const response = await transport.request({
    method: request.method,
    path: request.path,
    headers: {
      'content-type': request.contentType ?? 'application/json',
      'user-agent': 'tester/1',
      accept: request.accept ?? 'application/json',
    },
    ...(body === undefined ? {} : { body }),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return comparable({
    status: response.status,
    contentType: response.headers['content-type'] ?? '',
    warning: response.headers['warning'],
    text: Buffer.concat(chunks).toString('utf8'),
  });
}

/** Repeats a request that waits for the server's own work; that work runs in later turns of the event loop. */
async function settle(transport: Transport, request: BehaviourCase): Promise<BehaviourAnswer> {
  for (;;) {
    const answered = await send(transport, request);
    if (request.untilStatus === undefined || request.untilStatus === answered.status) {
      return answered;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function readRecording(name: string): Promise<(BehaviourAnswer | null)[]> {
  const url = new URL(`./recorded/${name}.json`, import.meta.url);
  // Written by the recorder in this shape.
  return JSON.parse(await readFile(url, 'utf8')) as (BehaviourAnswer | null)[];
}

for (const [name, cases] of Object.entries(SCENARIOS)) {
  describe(`${name}, as a real API server answered them`, async () => {
    const recording = await readRecording(name);
    const differences = KNOWN_DIFFERENCES[name] ?? {};
    // One moment throughout: no write falls into another second by chance.
    await using server = new ApiServer({ clock: new FakeClock() });
    const transport = server.transport(RECORDER);
    const answers: BehaviourAnswer[] = [];
    for (const request of cases) answers.push(await settle(transport, request));

    it('was recorded for just these requests', () => {
      assert.equal(recording.length, cases.length);
    });
    for (const [index, request] of cases.entries()) {
      const recorded = recording[index];
      if (recorded === null || recorded === undefined) continue;
      const difference = differences[index];
      const title = caseTitle(request, index);
      if (difference === undefined) {
        it(title, () => assert.deepEqual(answers[index], recorded));
      } else {
        it(`${title} (differs: ${difference})`, () => {
          assert.notDeepEqual(
            answers[index],
            recorded,
            'no longer differs: strike it off the list',
          );
        });
      }
    }
  });
}
