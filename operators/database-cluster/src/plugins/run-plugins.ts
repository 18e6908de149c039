import {
  PluginConfigurationError,
  type ClusterPlugin,
  type PluginReport,
  type PluginRun,
} from './plugin.ts';

/**
 * Has plugins do their work for a cluster. What a plugin is asked for and cannot do is in its report: it must not keep the
 * database from being looked after.
 */
export async function runPlugins(
  plugins: readonly ClusterPlugin[],
  run: PluginRun,
): Promise<PluginReport[]> {
  const reports: PluginReport[] = [];
  for (const plugin of plugins) {
    try {
      reports.push(await plugin.execute(plugin.configure(run.cluster), run));
    } catch (error) {
      if (!(error instanceof PluginConfigurationError)) throw error;
      reports.push(refusal(error, run));
    }
  }
  return reports;
}

function refusal(
  { condition: type, reason, message }: PluginConfigurationError,
  { cluster }: PluginRun,
): PluginReport {
  return {
    conditions: [{ type, status: 'False', reason, message }],
    events: [
      {
        type: 'Warning',
        reason,
        action: 'Configure',
        note: message,
        idempotencyKey: `${reason}-${String(cluster.metadata.generation)}`,
      },
    ],
  };
}
