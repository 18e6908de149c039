import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EmbeddedCluster } from '@kubewright/cluster';
import type { Report } from '@kubewright/diagnosis';
import { repositoryImages } from '@kubewright/walk-through';
import { kubectl, kubectlProgram, shell } from '../shell.ts';

const samples = 'packages/cli/samples/failing-pods.yaml';
/** Where npm links the programs of this repository, `kubectl-kubewright` among them. */
const programs = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url));

const hasKubectl = spawnSync(kubectlProgram, ['version', '--client']).status === 0;
const skip =
  !hasKubectl && `NOT RUN: ${kubectlProgram} does not run: set KUBECTL, or put kubectl in the PATH`;

describe('kubectl kubewright, with the real kubectl', { skip }, () => {
  let cluster: EmbeddedCluster | undefined;
  let env: Record<string, string> = {};

  before(async () => {
    cluster = await EmbeddedCluster.start({ images: repositoryImages() });
    env = {
      KUBECONFIG: cluster.kubeconfigPath,
      PATH: [programs, process.env['PATH']].join(delimiter),
    };
    await kubectl(['apply', '-f', samples], { env });
    const waited = {
      'no-database': 'lastState.terminated.exitCode}=1',
      'no-secret': 'state.waiting.reason}=CreateContainerConfigError',
    };
    for (const [pod, state] of Object.entries(waited)) {
      const path = `--for=jsonpath={.status.containerStatuses[0].${state}`;
      await kubectl(['wait', 'pod', pod, path, '--timeout=120s'], { env });
    }
  });
  after(() => cluster?.stop());

  /** What a command line shows that has to end with an exit code. */
  function typed(line: string, exitCode: number): Promise<string> {
    const command = line.replaceAll('kubectl ', `'${kubectlProgram}' `);
    return shell(`code=0; ${command} || code=$?; test $code -eq ${String(exitCode)}`, { env });
  }

  async function reportOf(line: string): Promise<Report> {
    const [schema, report] = await Promise.all([
      typed('kubectl kubewright diagnose --schema', 0),
      typed(line, 3),
    ]);
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
      JSON.parse(schema) as object, // a schema is an object
    );
    const document: unknown = JSON.parse(report);
    assert.ok(validate(document), JSON.stringify(validate.errors));
    return document as Report; // the schema has just been checked
  }

  const saidOf = ({ subjects }: Report): string[] =>
    subjects.map(({ name, state }) => `${name} ${state}`);

  test('finds the program by its name', async () => {
    assert.match(await typed('kubectl plugin list --name-only', 0), /^kubectl-kubewright$/m);
  });

  test('ends with 3 and says why the pods of a namespace fail', async () => {
    const shown = await typed('kubectl kubewright diagnose -n default', 3);
    assert.match(shown, /Pod default\/no-database\n {2}AppError {2}app container api/);
    assert.match(shown, /connect ECONNREFUSED 10\.0\.0\.7:5432/);
    assert.match(shown, /Pod default\/no-secret\n {2}MissingConfigObject {2}app container web/);
    assert.match(shown, /2 unhealthy, 0 healthy/);
  });

  test('says the same as JSON by its schema, of the cluster and of what kubectl wrote', async () => {
    const all = ['no-database AppError', 'no-secret MissingConfigObject'];
    const reports = await Promise.all(
      [
        'kubectl kubewright diagnose --all-namespaces --json',
        'kubectl get pods,events -o json | kubectl kubewright diagnose --json',
      ].map(reportOf),
    );
    assert.deepEqual(reports.map(saidOf), [all, all]);
    const one = await reportOf('kubectl kubewright diagnose pod/no-secret --json');
    assert.deepEqual(saidOf(one), all.slice(1));
  });

  test('ends with 2 when it is called wrongly, and with 1 when it cannot tell', async () => {
    await typed('kubectl kubewright diagnose --fast', 2);
    await typed('kubectl kubewright diagnose pod/nobody', 1);
    await typed("printf '[1,2' | kubectl kubewright diagnose", 1);
    await typed('KUBECONFIG=/nowhere kubectl kubewright diagnose pod/no-secret', 1);
  });
});
