import { defineProgram, reportReadProblems } from '@kubewright/runtime/operator';
import manifest from '../package.json' with { type: 'json' };
import { PodDiagnoser } from './api/pod-diagnoser.ts';
import { createPodDiagnoserController, operatorName } from './pod-diagnoser-controller.ts';

/** The operator as a program: `runOperator(program)` runs it. */
export const program = defineProgram({
  name: operatorName,
  version: manifest.version,
  description: 'Sees pods crash, says why, and heals what can be healed safely.',
  setup: (manager, { self, concurrency }) => {
    manager.add(createPodDiagnoserController(manager, { self, concurrency }));
    return reportReadProblems(manager, PodDiagnoser.resource, { component: operatorName });
  },
});
