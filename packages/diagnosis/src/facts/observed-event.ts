import type { Field } from './field.ts';

const fieldPathName = /^spec\.(?:containers|initContainers|ephemeralContainers)\{(.+)\}$/;
const namedInMessage = /\b[Cc]ontainer "?([a-z0-9][a-z0-9-]*)"?(?:$|:| failed| in pod)/;
const dockerIdInMessage = /docker:\/\/([a-z0-9-]+):/;

/** An Event of either group (core or events.k8s.io), read the same way. */
export class ObservedEvent {
  readonly field: Field;
  readonly reason: Field;
  readonly message: Field;
  /** What it is about. */
  readonly about: Field;
  /** How often it was seen, at least. */
  readonly count: number;
  /** When it was seen last and first, in milliseconds; undefined when it does not say. */
  readonly lastMs: number | undefined;
  readonly firstMs: number | undefined;

  constructor(field: Field) {
    this.field = field;
    this.reason = field.at('reason');
    this.message = firstPresent(field.at('message'), field.at('note'));
    this.about = firstPresent(field.at('involvedObject'), field.at('regarding'));
    const count = firstPresent(
      field.at('series', 'count'),
      field.at('count'),
      field.at('deprecatedCount'),
    );
    this.count = count.number ?? 1;
    const at = field.at('eventTime').timeMs ?? field.at('metadata', 'creationTimestamp').timeMs;
    this.lastMs =
      firstTime(
        field.at('series', 'lastObservedTime'),
        field.at('lastTimestamp'),
        field.at('deprecatedLastTimestamp'),
      ) ?? at;
    this.firstMs =
      firstTime(field.at('firstTimestamp'), field.at('deprecatedFirstTimestamp')) ?? at;
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

  /** Whether it is about the object of this kind and name. */
  isAbout(kind: string, name: string | undefined): boolean {
    return this.about.at('kind').text === kind && this.about.at('name').text === name;
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
