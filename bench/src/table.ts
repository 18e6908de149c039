import { median } from './median.ts';
import type { Measurement } from './subjects/measurement.ts';

const baseline = '@kubernetes/client-node';

/** The medians as a Markdown table, with the ratio to the official client of the same run. */
export function tableOf(results: readonly Measurement[]): string {
  const groups = Map.groupBy(results, ({ task, size, subject }) => `${task}|${size}|${subject}`);
  const rows = [...groups.values()].map((group) => {
    const [first] = group;
    if (first === undefined) throw new TypeError('a group has a member');
    const peers = results.filter(
      ({ task, size, subject }) =>
        task === first.task && size === first.size && subject === baseline,
    );
    const ratio = medianOf(group, 'durationMs') / medianOf(peers, 'durationMs');
    const cells = [
      first.task,
      String(first.size),
      first.subject,
      medianOf(group, 'durationMs').toFixed(0),
      ratio.toFixed(2),
      medianOf(group, 'cpuMs').toFixed(0),
      medianOf(group, 'stallMs').toFixed(0),
      medianOf(group, 'peakMb').toFixed(0),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| Task | Pods | Subject | Time, ms | Time to the official client’s | CPU, ms | Longest stall, ms | Peak memory, MB |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function medianOf(
  group: readonly Measurement[],
  key: 'durationMs' | 'cpuMs' | 'stallMs' | 'peakMb',
): number {
  return median(group.map((measurement) => measurement[key]));
}
