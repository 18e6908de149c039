/** What values an option takes, in the words of JSON Schema: shown in the help, and checked by a chart before anything is installed. */
export type OptionSchema =
  | { readonly type: 'boolean' }
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'string'; readonly enum?: readonly string[]; readonly pattern?: string };

/**
 * A value that the command line sets, or an environment variable where the command line is silent, or else its default. Made
 * by {@link booleanOption}, {@link integerOption}, {@link stringOption} and {@link choiceOption}.
 */
export interface OperatorOption<Value = unknown> {
  /** For the help and the values of a chart, without a full stop; of a switch what it does, such as `serve metrics`. */
  readonly description: string;
  /** Environment variable that stands in for the option. Default: none. */
  readonly env: string | undefined;
  readonly schema: OptionSchema;
  /** The value when nothing sets it. */
  readonly default: Value;
  /**
   * Reads a text as the value.
   *
   * @throws TypeError that says what to write instead.
   */
  readonly parse: (text: string) => Value;
}

/** The values of options, by the names of the options. */
export type OptionValues<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends OperatorOption<infer Value>
    ? Value
    : never;
};

/** What every option has. */
interface OptionBase<Value> {
  readonly description: string;
  /** Default: none, only the command line sets it. */
  readonly env?: string;
  readonly default: Value;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** A switch: `--name` and `--no-name`; `true`, `1`, `false` or `0` in the environment. */
export function booleanOption(options: OptionBase<boolean>): OperatorOption<boolean> {
  return {
    ...base(options),
    schema: { type: 'boolean' },
    parse: (text) => {
      const value = booleans.get(text.toLowerCase());
      if (value === undefined) throw new TypeError('use true or false');
      return value;
    },
  };
}

/** A whole number. */
export function integerOption(
  options: OptionBase<number> & {
    readonly minimum: number;
    /** Default: 2,147,483,647, the greatest 32-bit integer. */
    readonly maximum?: number;
  },
): OperatorOption<number> {
  const { minimum, maximum = 2_147_483_647 } = options;
  return {
    ...base(options),
    schema: { type: 'integer', minimum, maximum },
    parse: (text) => {
      const value = Number(text);
      if (!/^-?\d+$/.test(text.trim()) || value < minimum || value > maximum) {
        throw new TypeError(`use a whole number from ${minimum} to ${maximum}`);
      }
      return value;
    },
  };
}

/** A text. */
export function stringOption(
  options: OptionBase<string> & {
    /** What it must match, as a pattern of JavaScript without flags. Default: anything. */
    readonly pattern?: string;
  },
): OperatorOption<string> {
  const { pattern } = options;
  const matches = pattern === undefined ? undefined : new RegExp(pattern, 'u');
  return {
    ...base(options),
    schema: { type: 'string', ...(pattern === undefined ? {} : { pattern }) },
    parse: (text) => {
      if (matches?.test(text) === false) throw new TypeError(`use a text that matches ${pattern}`);
      return text;
    },
  };
}

/** One of several words, in any case. */
export function choiceOption<const Choice extends string>(
  options: OptionBase<NoInfer<Choice>> & { readonly choices: readonly Choice[] },
): OperatorOption<Choice> {
  const { choices } = options;
  return {
    ...base(options),
    schema: { type: 'string', enum: choices },
    parse: (text) => {
      const value = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
      if (value === undefined) throw new TypeError(`choose one of ${choices.join(', ')}`);
      return value;
    },
  };
}

function base<Value>({
  description,
  env,
  default: value,
}: OptionBase<Value>): Pick<OperatorOption<Value>, 'description' | 'env' | 'default'> {
  return { description, env, default: value };
}
