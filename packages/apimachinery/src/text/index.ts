export { plainText, sanitizeText } from './plain-text.ts';
export { redacted, redactText } from './redact-text.ts';
