/**
 * Asks a real kube-apiserver what it answers to the scenarios in `test/behaviour`, and writes the answers to
 * `test/behaviour/recorded`. Takes the server from KUBECONFIG, which must hold a client certificate inline; the
 * namespace `default` is written to. Scenarios named on the command line are recorded; all when none is.
 */
import { readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { parse } from 'yaml';
import {
  bodyText,
  comparable,
  type BehaviourAnswer,
  type BehaviourCase,
} from '../test/behaviour/behaviour-case.ts';
import { SCENARIOS } from '../test/behaviour/scenarios.ts';

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
  readonly users: readonly {
    readonly user: {
      readonly 'client-certificate-data': string;
      readonly 'client-key-data': string;
    };
  }[];
}

const path = process.env['KUBECONFIG'];
if (path === undefined) throw new Error('KUBECONFIG names the server to record');
// A kubeconfig of the form named above.
const kubeconfig = parse(await readFile(path, 'utf8')) as Kubeconfig;
const cluster = kubeconfig.clusters[0]?.cluster;
const user = kubeconfig.users[0]?.user;
if (cluster === undefined || user === undefined)
  throw new Error(`${path} has no cluster or no user`);
const decode = (data: string) => Buffer.from(data, 'base64');
const agent = new https.Agent({
  ca: decode(cluster['certificate-authority-data']),
  cert: decode(user['client-certificate-data']),
  key: decode(user['client-key-data']),
  keepAlive: true,
});
const { server } = cluster;

function send(request: BehaviourCase): Promise<BehaviourAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<BehaviourAnswer>();
  const body = bodyText(request.body);
  const headers = {
    'content-type': request.contentType ?? 'application/json',
    'user-agent': 'tester/1',
    accept: request.accept ?? 'application/json',
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  };
  const outgoing = https.request(
    new URL(server + request.path),
    { method: request.method, agent, headers },
    (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const { warning } = incoming.headers;
        resolve(
          comparable({
            status: incoming.statusCode ?? 0,
            contentType: incoming.headers['content-type'] ?? '',
            warning: Array.isArray(warning) ? warning.join(', ') : warning,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** How often a request is repeated that waits for the server. */
const ATTEMPTS = 100;

async function answer(request: BehaviourCase): Promise<BehaviourAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answered = await send(request);
    const isDone = request.untilStatus === undefined || request.untilStatus === answered.status;
    if (isDone || attempt === ATTEMPTS) return answered;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const chosen = process.argv.slice(2);
for (const [name, cases] of Object.entries(SCENARIOS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const answers: (BehaviourAnswer | null)[] = [];
  for (const request of cases) {
    const answered = await answer(request);
    answers.push(request.isSetup === true ? null : answered);
  }
  const lines = answers.map((recorded) => JSON.stringify(recorded)).join(',\n');
  const target = new URL(`../test/behaviour/recorded/${name}.json`, import.meta.url);
  await writeFile(target, `[\n${lines}\n]\n`);
}
agent.destroy();
