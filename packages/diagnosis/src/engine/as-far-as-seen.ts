import type { Finding } from '../model/index.ts';

/**
 * Lowers what only holds when the moment is the estimated one: it rests on time that nobody saw pass, so it is unsure,
 * and nothing may be done about it.
 *
 * @param seen - The findings of the earliest moment that it can be.
 */
export function asFarAsSeen(
  findings: readonly Finding[],
  seen: readonly Finding[],
): readonly Finding[] {
  const sure = new Set(seen.map(identityOf));
  return findings.map((finding) =>
    sure.has(identityOf(finding))
      ? finding
      : {
          ...finding,
          confidence: {
            level: 'low',
            because: 'it has to have lasted for longer than was seen',
          },
          remediation: 'none',
          wouldChange: 'A later look, or the moment at which this was seen.',
        },
  );
}

function identityOf({ category, container }: Finding): string {
  return `${category} ${container ?? ''}`;
}
