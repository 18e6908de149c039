import { diagnoseAll, remediations, type Remediation } from '@kubewright/diagnosis';
import type { Diagnoser } from '../diagnoser.ts';

/** The engine of this project. */
export const kubewright: Diagnoser = {
  name: 'kubewright',
  diagnose: (snapshot) =>
    diagnoseAll(snapshot).subjects.map(({ name, healthy, state, findings }) => {
      const [first] = findings;
      const bold = findings.reduce<Remediation>(
        (boldest, { remediation }) =>
          remediations.indexOf(remediation) > remediations.indexOf(boldest) ? remediation : boldest,
        'none',
      );
      return {
        subject: name,
        isHealthy: healthy,
        remediation: bold,
        category: state,
        container: first?.container ?? undefined,
      };
    }),
};
