import { createLogger } from '@kubewright/runtime';
import { runAgent } from './agent/agent-program.ts';

if (process.argv[2] === 'agent') {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  const logger = createLogger({ level: 'info' });
  await runAgent(process.env, logger, stop.signal).then(
    () => process.exit(0),
    (error: unknown) => {
      logger.error('the agent ended', { error });
      process.exit(1);
    },
  );
}
