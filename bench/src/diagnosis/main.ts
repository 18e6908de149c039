/**
 * How good the diagnoses are: the engine beside two baselines, on recorded pods whose cause is known, in one run.
 *
 *   npm run bench:diagnosis -- [--cases FOLDER] [--traces FOLDER] [--gathered FOLDER] [--misses]
 *
 * Each set is looked at with its Events and without, as after an hour; recordings where the failure
 * begins, at the first sign of it, and at the last moment.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Sample } from './expectation.ts';
import { containerReason } from './diagnosers/container-reason.ts';
import { k8sgpt } from './diagnosers/k8sgpt.ts';
import { kubewright } from './diagnosers/kubewright.ts';
import { readCases } from './read-cases.ts';
import { readTraces } from './read-traces.ts';
import { score, type Score } from './score.ts';
import { measureSpeed, type Speed } from './speed.ts';

const shared = new URL('../../../../shared/', import.meta.url);
const gathered = new URL('../../pods/', import.meta.url);
const kept = new URL('../../recordings/', import.meta.url);
const usage =
  'usage: npm run bench:diagnosis -- [--cases FOLDER] [--traces FOLDER] [--gathered FOLDER] [--misses]\n';

/** @returns The exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        cases: { type: 'string', default: fileURLToPath(new URL('cases', shared)) },
        traces: { type: 'string', default: fileURLToPath(new URL('traces', shared)) },
        gathered: { type: 'string', default: fileURLToPath(gathered) },
        misses: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  for (const folder of [values.cases, values.traces, values.gathered]) {
    if (existsSync(folder)) continue;
    process.stderr.write(`there is no folder ${folder}: name the recorded pods\n${usage}`);
    return 2;
  }
  const sets: ReadonlyMap<string, readonly Sample[]> = new Map([
    ['cases', await readCases(values.cases)],
    ['gathered', await readCases(values.gathered)],
    ['kept, first sign', await readTraces(fileURLToPath(kept), 'sign')],
    ['kept, at the end', await readTraces(fileURLToPath(kept), 'last')],
    ['recordings, begin', await readTraces(values.traces, 'begin')],
    ['recordings, first sign', await readTraces(values.traces, 'sign')],
    ['recordings, at the end', await readTraces(values.traces, 'last')],
    ['files, first sign', await readTraces(values.traces, 'sign', { asFiles: true })],
    ['files, at the end', await readTraces(values.traces, 'last', { asFiles: true })],
  ]);
  const rows: string[] = [];
  for (const [set, samples] of sets) {
    for (const hasEvents of [true, false]) {
      const given = hasEvents ? samples : samples.map(withoutEvents);
      for (const diagnoser of [kubewright, k8sgpt, containerReason]) {
        const result = score(diagnoser, given);
        rows.push(rowOf(set, hasEvents, result));
        if (!values.misses || diagnoser !== kubewright) continue;
        for (const miss of result.misses) {
          process.stderr.write(`${set}${hasEvents ? '' : ', no Events'}: ${miss}\n`);
        }
      }
    }
  }
  process.stdout.write(`${[...head, ...rows].join('\n')}\n\n`);
  const speeds = measureSpeed(sets.get('recordings, at the end') ?? []);
  process.stdout.write(`${[...speedHead, ...speeds.map(speedRow)].join('\n')}\n`);
  return 0;
}

function withoutEvents({ snapshot, ...sample }: Sample): Sample {
  return { ...sample, snapshot: { ...snapshot, events: [] } };
}

const head = [
  '| Set | Events | Diagnoser | Detected | Right category | Right container | False alarms | Unsafe | ms a pod |',
  '|---|---|---|---|---|---|---|---|---|',
];

function rowOf(set: string, hasEvents: boolean, given: Score): string {
  const share = (count: number, of: number): string =>
    `${String(count)}/${String(of)} (${of === 0 ? '–' : ((100 * count) / of).toFixed(0)} %)`;
  const cells = [
    set,
    hasEvents ? 'yes' : 'no',
    given.diagnoser,
    share(given.detected, given.failing),
    share(given.rightCategory, given.failing),
    share(given.rightContainer, given.withContainer),
    share(given.falseAlarms, given.healthy),
    String(given.unsafe),
    given.msPerPod.toFixed(3),
  ];
  return `| ${cells.join(' | ')} |`;
}

const speedHead = [
  '| Pods | KB each | Which | Diagnosis, ms of processor time | To JSON.parse of the same pods |',
  '|---|---|---|---|---|',
];

function speedRow({ pods, kilobytesEach, name, parseMs, diagnoseMs }: Speed): string {
  const ratio = (diagnoseMs / parseMs).toFixed(2);
  return `| ${String(pods)} | ${kilobytesEach.toFixed(1)} | ${name} | ${diagnoseMs.toFixed(0)} | ${ratio} |`;
}

process.exitCode = await main(process.argv.slice(2));
