/** What stands where a secret was. */
export const redacted = '[redacted]';

/**
 * Secrets by their form, wherever they stand in a text. Every repetition is bounded, so that the time is linear in the
 * text whatever it holds.
 */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s{1,8}[A-Za-z0-9._~+/=-]{8,4096}/gi, `$1 ${redacted}`],
  // JSON web tokens
  [/\beyJ[A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{5,4096}(\.[A-Za-z0-9_-]{0,4096})?/g, redacted],
  [
    /-----BEGIN ([A-Z ]{0,40}PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g,
    `-----BEGIN $1----- ${redacted}`,
  ],
  // the password in scheme://user:password@host; the last @ before the host ends it
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]{0,256}):[^\s/]{1,256}@/gi, `$1:${redacted}@`],
  // keys that their issuers have given a form of their own: GitHub, GitLab, Slack, AWS, Google, npm, Stripe
  [/\b(gh[pousr]_|github_pat_|glpat-|npm_)[A-Za-z0-9_-]{16,256}/g, redacted],
  [/\bxox[abeoprs]-[A-Za-z0-9-]{8,256}/g, redacted],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, redacted],
  [/\bAIza[A-Za-z0-9_-]{35}/g, redacted],
  [/\b[rs]k_(live|test)_[A-Za-z0-9]{10,256}/g, redacted],
];

/** `password=…`, `"api_key": "…"`, `DB_TOKEN: …`, `--secret …`; the name stays. The file `/etc/passwd` names no secret. */
const namedSecret =
  /((?<!\/etc\/)(?:pass(?:word|wd|phrase)|\bpwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[\w.-]{0,30}["']?\s{0,4}[:=]\s{0,4})("[^"\n]{1,512}"|'[^'\n]{1,512}'|[^\s"',;&<>(){}[\]]{3,512})/gi;

/** What one of the patterns above begins with, or stands for it: most texts hold none, and are told by this one search. */
const mayHoldSecret =
  /b(?:earer|asic)\s|eyj|-----begin|:\/\/|gh[pousr]_|github_pat_|glpat-|npm_|xox|akia|asia|aiza|[rs]k_(?:live|test)_|pass|pwd|secret|token|(?:api|access|private)[_-]?key|credential/i;

/** A text without the secrets that can be told by their form or by the name in front of them. */
export function redactText(text: string): string {
  if (!mayHoldSecret.test(text)) return text;
  const byForm = secretTexts.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
  return byForm.replace(namedSecret, `$1${redacted}`);
}
