import { after, before, describe } from 'node:test';
import {
  startTestEnvironment,
  testEnvironmentKinds,
  type EmbeddedClusterOptions,
  type TestEnvironment,
} from '@kubewright/cluster';

/** What a suite needs beside an API server. */
export interface SuiteNeeds {
  /** The built-in controllers: garbage collection, Deployments, namespaces. */
  readonly controllers?: boolean;
}

/** Gives the environment once the suite runs; before, there is none. */
export type GetEnvironment = () => TestEnvironment;

/**
 * Declares a suite once for each server it should run on: the embedded one in process and over TLS, or
 * the real one that the environment names. The server is started before the suite and ended after it.
 */
export function describeOnEachServer(
  title: string,
  needs: SuiteNeeds,
  suite: (environment: GetEnvironment) => void,
): void {
  for (const kind of testEnvironmentKinds()) {
    describe(`${title} (${kind})`, () => {
      let environment: TestEnvironment | undefined;
      before(async () => {
        const embedded: EmbeddedClusterOptions = {
          hasControllers: needs.controllers ?? false,
          hasNode: false,
        };
        environment = await startTestEnvironment({ kind, embedded });
        if (needs.controllers === true && !environment.capabilities.controllers) {
          throw new Error(
            `"${title}" needs a server with controllers, and ${kind} has none: point KUBECONFIG to a whole control plane`,
          );
        }
      });
      after(async () => environment?.[Symbol.asyncDispose]());
      suite(() => {
        if (environment === undefined)
          throw new Error('the environment is asked for before it was started');
        return environment;
      });
    });
  }
}
