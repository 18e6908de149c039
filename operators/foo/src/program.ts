import { defineProgram, reportReadProblems } from '@kubewright/runtime/operator';
import manifest from '../package.json' with { type: 'json' };
import { Foo } from './api/foo.ts';
import { createFooController, operatorName } from './foo-controller.ts';

/** The operator as a program: `runOperator(program)` runs it. */
export const program = defineProgram({
  name: operatorName,
  version: manifest.version,
  description: 'Keeps Foos happy while the friends they look for are there.',
  setup: (manager, { concurrency }) => {
    manager.add(createFooController(manager, { concurrency }));
    return reportReadProblems(manager, Foo.resource, {
      component: operatorName,
      condition: 'Ready',
    });
  },
});
