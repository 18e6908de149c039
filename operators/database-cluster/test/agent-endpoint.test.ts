import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport, TransportResponse } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { silentLogger } from '@kubewright/runtime';
import { FakeClock } from '@kubewright/runtime/testing';
import { Agent } from '../src/agent/agent.ts';
import { AgentEndpoint } from '../src/agent/agent-endpoint.ts';
import { ControlFolder } from '../src/agent/control-folder.ts';
import { agentPort } from '../src/objects/pod-paths.ts';

const retryPeriodMs = 2_000;

/** Starts an agent whose API server answers like this, by a clock that the test moves. Gives what `/healthz` answers. */
async function startAgent(
  context: TestContext,
  answer: () => Promise<TransportResponse>,
  leaseDurationMs = 15_000,
): Promise<{ readonly clock: FakeClock; readonly health: () => Promise<Response> }> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-'));
  for (const path of ['internal/replicator-password', 'credentials/password']) {
    const file = join(folder, path);
    await mkdir(join(file, '..'));
    await writeFile(file, 'secret');
  }
  // Every address that begins with 127 is this machine, and the port is always the same.
  const address = `127.${String(randomInt(110, 250))}.${String(randomInt(250))}.1`;
  const clock = new FakeClock();
  const transport: Transport = {
    request: answer,
    webSocket: () => Promise.reject(new Error('there are no WebSockets here')),
    close: () => Promise.resolve(),
  };
  const agent = new Agent({
    name: 'db-0',
    uid: '1',
    namespace: 'default',
    address,
    leaseName: 'db-primary',
    domain: 'pods.default.svc',
    client: new Client({ transport }),
    control: new ControlFolder(join(folder, 'control')),
    secretsFolder: folder,
    times: { leaseDurationMs, retryPeriodMs },
    clock,
    logger: silentLogger,
  });
  const endpoint = new AgentEndpoint(agent, { host: address, port: agentPort, clock });
  await endpoint.start();
  const stop = new AbortController();
  const running = agent.run(stop.signal);
  context.after(async () => {
    stop.abort(new Error('the test is over'));
    await running;
    await endpoint[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  return { clock, health: () => fetch(`http://${address}:${String(agentPort)}/healthz`) };
}

async function* noBytes(): AsyncGenerator<Uint8Array> {
  // An answer without a body.
}

test('an agent is alive while the API server refuses it, for as long as that takes', async (context) => {
  let refusals = 0;
  const { clock, health } = await startAgent(context, () => {
    refusals += 1;
    return Promise.resolve({ status: 403, headers: {}, body: noBytes() });
  });

  // Two minutes.
  for (let round = 1; round <= 60; round += 1) {
    while (clock.pendingTimers === 0) await sleep(1);
    await clock.advance(retryPeriodMs);
  }

  const { status } = await health();
  assert.equal(status, 200);
  assert.ok(refusals >= 60, `${String(refusals)} rounds`);
});

test('an agent whose round does not end is not alive', async (context) => {
  const { promise, resolve } = Promise.withResolvers<TransportResponse>();
  context.after(() => {
    resolve({ status: 403, headers: {}, body: noBytes() });
  });
  const asked = Promise.withResolvers<undefined>();
  // A round gives up waiting after a third of that, in real time.
  const leaseDurationMs = 600_000;
  const { clock, health } = await startAgent(
    context,
    () => {
      asked.resolve(undefined);
      return promise;
    },
    leaseDurationMs,
  );
  await asked.promise;
  await clock.advance(59_000);
  assert.equal((await health()).status, 200);

  await clock.advance(2_000);

  const answer = await health();
  assert.equal(answer.status, 503);
  assert.equal(await answer.text(), 'the last round ended 61 s ago\n');
});
