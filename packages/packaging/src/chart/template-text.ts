import { writeYaml } from '@kubewright/apimachinery';

/** An object as the text of a Helm template: what is in it means itself, and is no template. */
export function templateText(object: object): string {
  return writeYaml(object).replaceAll('{{', '{{ "{{" }}');
}

/**
 * An object as the text of a Helm template in which some words stand for expressions.
 *
 * @param expressions - By word; the words must be letters and occur nowhere else.
 */
export function templateWith(
  object: object,
  expressions: Readonly<Record<string, string>>,
): string {
  return Object.entries(expressions).reduce(
    (text, [word, expression]) => text.replaceAll(word, `{{ ${expression} }}`),
    templateText(object),
  );
}

/** Text moved to the right by so many blanks; empty lines stay empty. */
export function indent(text: string, blanks: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(blanks));
}
