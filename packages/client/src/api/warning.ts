import type { TransportResponse } from '@kubewright/apimachinery';

// RFC 9111 allows more; API servers send exactly `299 - "text"`, several joined by commas.
const warningValue = /299 [^\s"]+ "((?:[^"\\]|\\.)*)"/g;

/** The texts of the `warning` header (code 299) of an answer. */
export function warningsOf(response: Pick<TransportResponse, 'headers'>): readonly string[] {
  const header = response.headers['warning'];
  if (header === undefined) return [];
  return Array.from(header.matchAll(warningValue), ([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
