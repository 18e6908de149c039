import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Report } from '@kubewright/diagnosis';
import { reportSchema } from '../../src/diagnose/report-schema.ts';
import { runCaptured, type CapturedRun } from './captured-run.ts';

const crashing = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: {
    containers: [{ name: 'app', image: 'shop/web:1', resources: { limits: { memory: '64Mi' } } }],
  },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'app',
        image: 'shop/web:1',
        imageID: '',
        ready: false,
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: {
          terminated: {
            reason: 'OOMKilled',
            exitCode: 137,
            startedAt: '2026-01-01T00:01:00Z',
            finishedAt: '2026-01-01T00:02:00Z',
          },
        },
      },
    ],
  },
};

const well = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-2',
    namespace: 'shop',
    uid: 'u2',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { containers: [{ name: 'app', image: 'shop/web:1' }] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' }],
    containerStatuses: [
      {
        name: 'app',
        image: 'shop/web:1',
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-01-01T00:00:04Z' } },
        lastState: {},
      },
    ],
  },
};

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(reportSchema());

function reportOf({ stdout }: CapturedRun): Report {
  const document: unknown = JSON.parse(stdout);
  assert.ok(validate(document), JSON.stringify(validate.errors));
  return document as Report; // the schema has just been checked
}

describe('kubewright diagnose, from files', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubewright-diagnose-'));
    await writeFile(join(folder, 'pod.json'), JSON.stringify(crashing));
    await writeFile(join(folder, 'well.json'), JSON.stringify(well));
    await writeFile(
      join(folder, 'both.yaml'),
      `kind: List\nitems:\n- ${JSON.stringify(crashing)}\n- ${JSON.stringify(well)}\n`,
    );
    await writeFile(join(folder, 'cut.json'), JSON.stringify(crashing).slice(0, 200));
    await writeFile(join(folder, 'service.json'), '{"kind":"Service","metadata":{"name":"web"}}');
  });
  after(() => rm(folder, { recursive: true }));

  test('ends with 3 and says what is wrong, and how it is known when asked', async () => {
    const run = await runCaptured(['diagnose', '-f', 'pod.json', '--verbose'], { cwd: folder });
    assert.equal(run.exitCode, 3);
    assert.match(run.stdout, /Pod shop\/web-1\n {2}OOMKilled {2}app container app/);
    assert.match(run.stdout, /lastState\.terminated\.reason = "OOMKilled"/);
    assert.match(run.stdout, /1 unhealthy, 0 healthy/);
    assert.equal(run.stderr, '');
  });

  test('tells what fails in the same way once, and all of it when asked', async () => {
    const owner = { kind: 'ReplicaSet', name: 'web', uid: 'r', controller: true };
    const pods = ['web-3', 'web-4', 'web-5'].map((name) => ({
      ...crashing,
      metadata: { ...crashing.metadata, name, uid: name, ownerReferences: [owner] },
    }));
    const stdin = JSON.stringify({ kind: 'List', items: [...pods, crashing] });
    const titles = ({ stdout }: CapturedRun): string[] =>
      stdout.split('\n').filter((line) => line.startsWith('● '));

    const short = await runCaptured(['diagnose'], { stdin });
    assert.deepEqual(titles(short), [
      '● Incident  OOMKilled  (3 members)',
      '● Pod shop/web-1',
      '● Pod shop/web-3',
    ]);
    assert.match(short.stdout, /Members: Pod shop\/web-3, Pod shop\/web-4, Pod shop\/web-5/);
    assert.match(
      short.stdout,
      /\n4 unhealthy, 0 healthy\n2 members of incidents fail like one that is shown; --verbose shows all\n$/,
    );

    const long = await runCaptured(['diagnose', '--verbose'], { stdin });
    assert.equal(titles(long).length, 5);
  });

  test('ends with 0 when all is well', async () => {
    const run = await runCaptured(['diagnose', '-f', 'well.json'], { cwd: folder });
    assert.deepEqual(run, { exitCode: 0, stdout: '1 healthy\n', stderr: '' });
  });

  test('gives the same answer from the standard input, named or not', async () => {
    const stdin = JSON.stringify({ kind: 'List', items: [crashing, well] });
    const runs = await Promise.all([
      runCaptured(['diagnose', '--json'], { stdin }),
      runCaptured(['diagnose', '--json', '-f', '-'], { stdin }),
      runCaptured(['diagnose', '--json', '-f', 'both.yaml'], { cwd: folder }),
      runCaptured(['diagnose', '--json', '-f', 'pod.json', '-f', 'well.json'], { cwd: folder }),
    ]);
    const [first, ...others] = runs.map(reportOf);
    assert.deepEqual(
      first?.subjects.map(({ name, healthy, state }) => [name, healthy, state]),
      [
        ['web-1', false, 'OOMKilled'],
        ['web-2', true, 'Healthy'],
      ],
    );
    for (const other of others) assert.deepEqual(other, first);
  });

  test('says so when nothing comes through the pipe', async () => {
    const run = await runCaptured(['diagnose'], { stdin: '' });
    assert.match(run.stderr, /nothing came through the standard input; to look at a cluster name/);
    assert.equal(run.exitCode, 1);
  });

  test('ends with 130 at once when it is interrupted while it waits for its input', async () => {
    const interrupt = new AbortController();
    const stdin = new PassThrough();
    const run = runCaptured(['diagnose'], { stdin, signal: interrupt.signal });
    interrupt.abort(new Error('interrupted'));
    assert.deepEqual(await run, { exitCode: 130, stdout: '', stderr: '' });
    assert.ok(stdin.destroyed);
  });

  test('shows of a file what was named', async () => {
    const run = await runCaptured(['diagnose', '--json', '-f', 'both.yaml', 'pod/web-2'], {
      cwd: folder,
    });
    assert.deepEqual(
      reportOf(run).subjects.map(({ name }) => name),
      ['web-2'],
    );
    assert.equal(run.exitCode, 0);
  });

  test('takes the moment of the newest time in the files, or the one it is told', async () => {
    const own = JSON.parse(
      (await runCaptured(['diagnose', '--json', '-f', 'pod.json'], { cwd: folder })).stdout,
    ) as { observedAt: string };
    assert.equal(own.observedAt, '2026-01-01T00:03:15.000Z');
    const told = await runCaptured(
      ['diagnose', '--json', '-f', 'pod.json', '--now', '2026-01-02T00:00:00Z'],
      { cwd: folder },
    );
    assert.match(told.stdout, /"observedAt": "2026-01-02T00:00:00\.000Z"/);
  });

  for (const [what, argv, exitCode, message] of [
    [
      'a file that is not there',
      ['-f', 'nope.json'],
      1,
      /cannot read nope\.json: there is no such file/,
    ],
    ['a folder', ['-f', '.'], 1, /\. is a folder: name the files in it/],
    [
      'a file that was cut off',
      ['-f', 'cut.json'],
      1,
      /cut\.json is no JSON: .*is the file complete\?/,
    ],
    [
      'objects of which none can be diagnosed',
      ['-f', 'service.json'],
      1,
      /no pod, and no owner of pods.*\(only: Service\)/,
    ],
    [
      'a pod that is not in the file',
      ['-f', 'pod.json', 'web-9'],
      1,
      /Pod "web-9" was not found; there is: web-1/,
    ],
    ['a kind that has no pods', ['service/web'], 2, /"service" is nothing that can be diagnosed/],
    ['an unknown option', ['--fast'], 2, /unknown option '--fast'/],
    ['a moment that is none', ['--now', 'soon', '-f', 'pod.json'], 2, /use RFC 3339/],
    ['a moment for a cluster', ['--now', '2026-01-01T00:00:00Z', 'pod/x'], 2, /--now is for files/],
    ['two answers to one question', ['-A', '-n', 'shop'], 2, /exclude each other/],
  ] as const) {
    test(`ends with ${String(exitCode)} for ${what}, and says so`, async () => {
      const run = await runCaptured(['diagnose', ...argv], { cwd: folder });
      assert.match(run.stderr, message);
      assert.equal(run.exitCode, exitCode);
      assert.equal(run.stdout, '');
    });
  }

  test('prints nothing that moves the cursor, whatever names and messages say', async () => {
    const hostile = JSON.stringify(crashing)
      .replaceAll('web-1', 'a\\u001b[2Jb')
      .replaceAll('CrashLoopBackOff', '\\u001b]0;x\\u0007');
    const run = await runCaptured(['diagnose', '--verbose'], { stdin: hostile });
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    assert.doesNotMatch(run.stdout, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    assert.equal(run.exitCode, 3);
  });

  test('colours only where it is told to, or on a terminal', async () => {
    const colored = await runCaptured(['diagnose', '-f', 'pod.json', '--color'], { cwd: folder });
    assert.ok(colored.stdout.includes('\u001b[31m'));
    const plain = await runCaptured(['diagnose', '-f', 'pod.json'], { cwd: folder });
    assert.ok(!plain.stdout.includes('\u001b'));
  });

  for (const [name, status, why] of [
    ['no status', undefined, /there is none: give what the cluster says/],
    ['nothing for a status', null, /there is none/],
    ['a text for a status', 'Running', /it is no object/],
    ['a number for a status', 3, /it is no object/],
    ['a list for a status', [], /it is no object/],
    ['nothing in a list', { containerStatuses: [null] }, /containerStatuses is no list of objects/],
    ['an object for a list', { conditions: {} }, /conditions is no list of objects/],
    [
      'texts for lists',
      { phase: 7, containerStatuses: 'no' },
      /containerStatuses is no list of objects, phase is no text/,
    ],
    [
      'a list of texts',
      { phase: 'Running', conditions: ['Ready'] },
      /conditions is no list of objects/,
    ],
  ] as const) {
    test(`calls a pod with ${name} neither healthy nor failing, and ends with 1`, async () => {
      const odd = { ...well, spec: status, status };
      const run = await runCaptured(['diagnose'], { cwd: folder, stdin: JSON.stringify(odd) });
      assert.equal(run.exitCode, 1);
      assert.match(run.stdout, why);
      assert.match(run.stdout, /Nothing can be told/);
      assert.doesNotMatch(run.stdout, /healthy/);

      const both = { kind: 'List', items: [odd, { ...well, metadata: { name: 'other' } }] };
      const json = await runCaptured(['diagnose', '--json'], {
        cwd: folder,
        stdin: JSON.stringify(both),
      });
      assert.equal(json.exitCode, 1);
      assert.deepEqual(
        reportOf(json).subjects.map(({ name: subject, healthy }) => [subject, healthy]),
        [['other', true]],
      );
    });
  }

  test('finds what the Events say of a pod whose status cannot be read', async () => {
    const list = {
      kind: 'List',
      items: [
        { ...well, status: {}, spec: {} },
        { ...well, metadata: { ...well.metadata, name: 'odd' }, status: 3 },
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'e', namespace: 'shop' },
          involvedObject: { kind: 'Pod', namespace: 'shop', name: 'odd' },
          type: 'Warning',
          reason: 'FailedScheduling',
          message: '0/1 nodes are available: 1 Insufficient cpu.',
          lastTimestamp: '2026-01-01T00:00:00Z',
        },
      ],
    };
    const run = await runCaptured(['diagnose', '--json'], {
      cwd: folder,
      stdin: JSON.stringify(list),
    });
    assert.equal(run.exitCode, 3);
    assert.deepEqual(
      reportOf(run)
        .subjects.filter(({ healthy }) => !healthy)
        .map(({ name, findings }) => [name, findings[0]?.category]),
      [['odd', 'UnschedulableResources']],
    );
  });

  describe('with logs', () => {
    const failing = {
      ...crashing,
      status: {
        ...crashing.status,
        containerStatuses: [
          {
            ...crashing.status.containerStatuses[0],
            lastState: { terminated: { reason: 'Error', exitCode: 1, containerID: 'c' } },
          },
        ],
      },
    };
    const refused = 'Error: connect ECONNREFUSED 10.0.0.1:5432';
    const input = JSON.stringify({ kind: 'List', items: [failing, well] });
    before(async () => {
      await writeFile(join(folder, 'failing.json'), JSON.stringify(failing));
      await writeFile(join(folder, 'both.json'), input);
      await writeFile(join(folder, 'app.log'), `${'filler\n'.repeat(100_000)}${refused}\n`);
    });
    const run = (...argv: readonly string[]): Promise<CapturedRun> =>
      runCaptured(['diagnose', ...argv], { cwd: folder });

    test('says what the log of the life before says, as it does of a cluster', async () => {
      const told = await run('-f', 'failing.json', '--previous-log', 'app=app.log', '--json');
      assert.equal(told.exitCode, 3, told.stderr);
      const [finding] = reportOf(told).subjects[0]?.findings ?? [];
      assert.match(finding?.summary ?? '', /refused by 10\.0\.0\.1:5432/);
      const untold = await run('-f', 'failing.json', '--json');
      assert.doesNotMatch(untold.stdout, /ECONNREFUSED/);
    });

    test('reads a pipe', async () => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const [told] = await Promise.all([
        run('-f', 'failing.json', '--previous-log', `app=${pipe}`),
        writeFile(pipe, `${refused}\n`),
      ]);
      assert.match(told.stdout, /ECONNREFUSED/);
    });

    test('takes the pod that is named where several have the container', async () => {
      const told = await run('-f', 'both.json', '--previous-log', 'web-1/app=app.log');
      assert.match(told.stdout, /ECONNREFUSED/);
      const unsure = await run('-f', 'both.json', '--previous-log', 'app=app.log');
      assert.equal(unsure.exitCode, 1);
      assert.match(unsure.stderr, /several pods .* as in web-1\/app=PATH/);
    });

    for (const [name, argv, code, message] of [
      ['a log without a name', ['-f', 'failing.json', '--log', 'app.log'], 2, /CONTAINER=PATH/],
      [
        'a container that is not there',
        ['-f', 'failing.json', '--log', 'x=app.log'],
        1,
        /there are: app$/m,
      ],
      ['a pod that is not there', ['-f', 'failing.json', '--log', 'x/app=app.log'], 1, /no pod x/],
      ['a file that is not there', ['-f', 'failing.json', '--log', 'app=x.log'], 1, /no such file/],
      ['a folder', ['-f', 'failing.json', '--log', 'app=.'], 1, /a folder/],
      ['a log of a cluster', ['pod/web-1', '--log', 'app=app.log'], 2, /for files/],
    ] as const) {
      test(`refuses ${name}`, async () => {
        const refusal = await run(...argv);
        assert.equal(refusal.exitCode, code);
        assert.match(refusal.stderr, message);
      });
    }
  });
});
