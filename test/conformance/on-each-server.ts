import { after, before, describe } from 'node:test';
import {
  startTestEnvironment,
  testEnvironmentKinds,
  type EmbeddedClusterOptions,
  type TestEnvironment,
  type TestEnvironmentKind,
} from '@kubewright/cluster';

/** What a suite needs beside an API server. */
export interface SuiteNeeds {
  /** The built-in controllers: garbage collection, Deployments, namespaces. */
  readonly controllers?: boolean;
}

/** Gives the environment once the suite runs; before, there is none. */
export type GetEnvironment = () => TestEnvironment;

/** Whether a server has the built-in controllers, or can be started with them. */
async function canHaveControllers(kind: TestEnvironmentKind): Promise<boolean> {
  switch (kind) {
    case 'in-process':
    case 'tls':
      return true;
    case 'local-binaries':
      return false;
    case 'existing': {
      await using environment = await startTestEnvironment({ kind });
      return environment.capabilities.controllers;
    }
    default:
      return kind satisfies never;
  }
}

// A suite has to know when it is declared whether it will be skipped.
const servers = await Promise.all(
  testEnvironmentKinds().map(async (kind) => ({
    kind,
    hasControllers: await canHaveControllers(kind),
  })),
);

/**
 * Declares a suite once for each server it should run on: the embedded one in process and over TLS, or
 * the real one that the environment names. The server is started before the suite and ended after it.
 * A suite that needs what the server does not have is skipped, and says so.
 */
export function describeOnEachServer(
  title: string,
  needs: SuiteNeeds,
  suite: (environment: GetEnvironment) => void,
): void {
  for (const { kind, hasControllers } of servers) {
    const skip =
      needs.controllers === true && !hasControllers
        ? 'needs a server with controllers: set KUBECONFIG to the kubeconfig of a whole control plane'
        : false;
    describe(`${title} (${kind})`, { skip }, () => {
      let environment: TestEnvironment | undefined;
      before(async () => {
        const embedded: EmbeddedClusterOptions = {
          hasControllers: needs.controllers ?? false,
          hasNode: false,
        };
        environment = await startTestEnvironment({ kind, embedded });
      });
      suite(() => {
        if (environment === undefined)
          throw new Error('the environment is asked for before it was started');
        return environment;
      });
      // After what the suite itself ends: hooks run in the order they are declared in.
      after(async () => environment?.[Symbol.asyncDispose]());
    });
  }
}
