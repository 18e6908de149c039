/**
 * Replaces `$(NAME)` by the value of a variable. A name that is not set stays as it is, `$$` is a `$`
 * that begins nothing (Kubernetes: "Define Dependent Environment Variables").
 */
export function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  let result = '';
  for (let at = 0; at < text.length;) {
    const next = text[at + 1];
    if (text[at] !== '$' || next === undefined) {
      result += text[at] ?? '';
      at += 1;
    } else if (next === '$') {
      result += '$';
      at += 2;
    } else if (next === '(') {
      const end = text.indexOf(')', at + 2);
      if (end < 0) {
        result += '$(';
        at += 2;
        continue;
      }
      const name = text.slice(at + 2, end);
      result += variables.get(name) ?? `$(${name})`;
      at = end + 1;
    } else {
      result += `$${next}`;
      at += 2;
    }
  }
  return result;
}
