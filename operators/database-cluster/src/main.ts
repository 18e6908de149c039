import { createLogger } from '@kubewright/runtime';
import { runOperator } from '@kubewright/runtime/operator';
import { runAgent } from './agent/agent-program.ts';
import { program } from './program.ts';

// One image for both: in the pods of databases it is the agent, elsewhere the operator.
process.exit(process.argv[2] === 'agent' ? await agent() : await runOperator(program));

async function agent(): Promise<0 | 1> {
  const logger = createLogger({ level: 'info' });
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  try {
    await runAgent(process.env, logger, stop.signal);
    return 0;
  } catch (error) {
    logger.error('the agent ended', { error });
    return 1;
  }
}
