import { Client } from '@kubewright/client';
import { Manager } from '@kubewright/runtime';
import { CoreEventRecorder } from '../src/events/core-event-recorder.ts';
import { CutTransport, type Cut } from '../src/index.ts';

/** Adds the controllers of a process to its manager. */
export type AddControllers = (manager: Manager, events: CoreEventRecorder) => void;

/** One process with some controllers, which record no Events; with a cut it is gone at that write. */
export class ControllerProcess implements AsyncDisposable {
  readonly transport: CutTransport;
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;

  constructor(inner: Client['transport'], cut: Cut | undefined, add: AddControllers) {
    this.transport = new CutTransport(inner, cut);
    const client = new Client({ transport: this.transport });
    const quiet = { port: false } as const;
    const manager = new Manager({ client, metrics: quiet, health: quiet, gracefulShutdownMs: 0 });
    // Events are no part of what is to be right, and would only make the writes many.
    const events = new CoreEventRecorder({
      api: {
        createEvent: async (event) => ({ metadata: event.metadata }),
        repeatEvent: async () => undefined,
      },
      clock: manager.clock,
      component: 'nobody',
    });
    add(manager, events);
    this.#run = manager.run({ signal: this.#stop.signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.#run;
  }
}
