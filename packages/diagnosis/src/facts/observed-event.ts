import type { Field } from './field.ts';

const fieldPathName = /^spec\.(?:containers|initContainers|ephemeralContainers)\{(.+)\}$/;
const namedInMessage = /\b[Cc]ontainer "?([a-z0-9][a-z0-9-]*)"?(?:$|:| failed| in pod)/;
const dockerIdInMessage = /docker:\/\/([a-z0-9-]+):/;

/** An Event of either group (core or events.k8s.io), read the same way, and only as far as it is asked for. */
export class ObservedEvent {
  readonly field: Field;
  #reason: Field | undefined;
  #about: Field | undefined;
  #message: Field | undefined;
  #lastMs: number | null | undefined;

  constructor(field: Field) {
    this.field = field;
  }

  get reason(): Field {
    return (this.#reason ??= this.field.at('reason'));
  }

  /** What it is about. */
  get about(): Field {
    return (this.#about ??= this.#member('involvedObject', 'regarding'));
  }

  get message(): Field {
    return (this.#message ??= this.#member('message', 'note'));
  }

  /** How often it was seen, at least. */
  get count(): number {
    const { field } = this;
    const count = firstPresent(
      field.at('series', 'count'),
      field.at('count'),
      field.at('deprecatedCount'),
    );
    return count.number ?? 1;
  }

  /** When it was seen last, in milliseconds; undefined when it does not say. */
  get lastMs(): number | undefined {
    const { field } = this;
    this.#lastMs ??=
      firstTime(
        field.at('series', 'lastObservedTime'),
        field.at('lastTimestamp'),
        field.at('deprecatedLastTimestamp'),
      ) ??
      this.#madeMs ??
      null;
    return this.#lastMs ?? undefined;
  }

  /** When it was seen first, in milliseconds; undefined when it does not say. */
  get firstMs(): number | undefined {
    const { field } = this;
    return (
      firstTime(field.at('firstTimestamp'), field.at('deprecatedFirstTimestamp')) ?? this.#madeMs
    );
  }

  /** By its name in the core group, or in events.k8s.io. */
  #member(core: string, later: string): Field {
    return this.field.at(!this.field.has(core) && this.field.has(later) ? later : core);
  }

  get #madeMs(): number | undefined {
    return firstTime(this.field.at('eventTime'), this.field.at('metadata', 'creationTimestamp'));
  }

  /**
   * The container that it names: by the path in what it is about, or in its text. Undefined when it names none, which
   * is how Events look that were copied from `kubectl describe`.
   */
  get container(): string | undefined {
    const path = this.about.at('fieldPath').text;
    if (path !== undefined) return fieldPathName.exec(path)?.[1];
    const message = this.message.text?.slice(0, 500) ?? '';
    return namedInMessage.exec(message)?.[1] ?? dockerIdInMessage.exec(message)?.[1];
  }

  /** The component that wrote it; a field that is not there when it does not say. */
  get writer(): Field {
    const { field } = this;
    return firstPresent(
      field.at('source', 'component'),
      field.at('reportingController'),
      field.at('reportingComponent'),
      field.at('deprecatedSource', 'component'),
    );
  }

  /** Whether it is about the object of this kind and name. */
  isAbout(kind: string, name: string | undefined): boolean {
    return this.about.textAt('kind') === kind && this.about.textAt('name') === name;
  }
}

function firstPresent(...fields: readonly [Field, ...Field[]]): Field {
  return fields.find((field) => field.isPresent) ?? fields[0];
}

function firstTime(...fields: readonly Field[]): number | undefined {
  for (const field of fields) {
    const ms = field.timeMs;
    if (ms !== undefined) return ms;
  }
  return undefined;
}
