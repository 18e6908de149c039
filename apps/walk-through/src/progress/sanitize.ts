/**
 * Text from the cluster, made safe for a terminal: control characters (escape sequences, carriage returns,
 * bidirectional overrides) are shown as `�`, so that a log line or a name cannot move the cursor or pose as another.
 */
export function sanitize(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
}
