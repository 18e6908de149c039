import { readFileSync } from 'node:fs';

/**
 * Reads answers recorded from a real Kubernetes 1.36 API server.
 *
 * @param name file in this folder
 * @returns what the file holds; its shape is for the caller to tell
 */
export function readRecorded(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}
