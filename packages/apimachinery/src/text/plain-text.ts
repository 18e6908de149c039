/** Escape sequences of terminals: CSI, then OSC, DCS and the like up to their end, then those of two characters. */
const escapeSequences =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,16}[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]{0,4096}(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]{0,4}[0-~]/g;

/** Control characters except tab and line feed, and the characters that change the direction of text or cannot be seen. */
const controlCharacters =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text from the cluster, made safe to show: control characters (escape sequences, carriage returns, bidirectional
 * overrides) are shown as `�`, so that a log line or a name cannot move the cursor or pose as another.
 */
export function sanitizeText(text: string): string {
  return text.replace(controlCharacters, '\ufffd');
}

/** Text of a log without what only a terminal needs: colours and other escape sequences go, what is left of control characters too. */
export function plainText(text: string): string {
  return text.replace(escapeSequences, '').replace(controlCharacters, '');
}
