import { plainText } from '../serving/serving-endpoint.ts';
import type { ServingRequest, ServingResponse } from '../serving/serving-endpoint.ts';
import type { CheckOutcome, HealthChecks } from './health-check.ts';

/** What the kubelet asks: is the process alive, and may it get work. */
export interface HealthEndpoints {
  readonly healthz: HealthChecks;
  readonly readyz: HealthChecks;
}

/**
 * Answers `/healthz` and `/readyz`: 200 `ok` when every check is well, else 503 with one line per check.
 * `?verbose` shows the lines also when all is well; `?exclude=<name>` (repeatable) leaves a check out;
 * `/readyz/<name>` asks one check alone. An endpoint without checks is well.
 */
export async function answerHealth(
  endpoints: HealthEndpoints,
  { url, signal }: ServingRequest,
): Promise<ServingResponse> {
  const [, endpoint = '', ...rest] = url.pathname.split('/');
  const checks =
    endpoint === 'healthz'
      ? endpoints.healthz
      : endpoint === 'readyz'
        ? endpoints.readyz
        : undefined;
  if (checks === undefined) return plainText(404, 'here are /healthz and /readyz\n');
  const name = rest.filter((segment) => segment !== '').join('/');
  if (name !== '') return answerOne(checks, name, signal);

  const excluded = new Set(url.searchParams.getAll('exclude'));
  const outcomes = await checks.run(
    checks.names.filter((each) => !excluded.has(each)),
    signal,
  );
  const ok = outcomes.every((outcome) => outcome.ok);
  if (ok && !url.searchParams.has('verbose')) return plainText(200, 'ok');
  const unknown = [...excluded].filter((each) => !checks.names.includes(each));
  const lines = [
    ...outcomes.map(lineOf),
    ...checks.names.filter((each) => excluded.has(each)).map((each) => `[+]${each} excluded: ok`),
    ...unknown.map((each) => `warn: there is no check "${each}" to exclude`),
    `${endpoint} check ${ok ? 'passed' : 'failed'}`,
  ];
  return plainText(ok ? 200 : 503, `${lines.join('\n')}\n`);
}

async function answerOne(
  checks: HealthChecks,
  name: string,
  signal: AbortSignal,
): Promise<ServingResponse> {
  if (!checks.names.includes(name)) {
    const known = checks.names.join(', ') || 'none';
    return plainText(404, `there is no such check; known: ${known}\n`);
  }
  const [outcome] = await checks.run([name], signal);
  return outcome?.ok === true
    ? plainText(200, 'ok')
    : plainText(503, `${outcome?.message ?? 'no answer'}\n`);
}

function lineOf(outcome: CheckOutcome): string {
  return outcome.ok ? `[+]${outcome.name} ok` : `[-]${outcome.name} failed: ${outcome.message}`;
}
