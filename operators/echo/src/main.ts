import { runOperator } from '@kubewright/runtime/operator';
import { program } from './program.ts';

process.exit(await runOperator(program));
