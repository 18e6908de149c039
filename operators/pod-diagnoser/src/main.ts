import { createLogger, ShutdownError } from '@kubewright/runtime';
import { parseArguments } from './cli/arguments.ts';
import { runOperator } from './cli/run-operator.ts';

const parsed = parseArguments(process.argv.slice(2), process.env);

if (parsed.type === 'exit') {
  (parsed.exitCode === 0 ? process.stdout : process.stderr).write(parsed.output);
  process.exitCode = parsed.exitCode;
} else {
  const logger = createLogger({ level: parsed.arguments.logLevel });
  try {
    await runOperator(parsed.arguments, { env: process.env, logger, handleSignals: true });
  } catch (error) {
    logger.error('the operator ended', { error });
    if (parsed.arguments.logLevel === 'silent') {
      process.stderr.write(
        `pod-diagnoser: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
    process.exitCode = 1;
    // What did not end by itself would keep the process for ever.
    if (error instanceof ShutdownError) process.exit();
  }
}
