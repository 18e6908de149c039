import type { Client } from '@kubewright/client';

/** Reads a JSON document of the API server; the caller knows its type from the API's documentation. */
export async function readJson<T>(client: Client, path: string, signal: AbortSignal): Promise<T> {
  const { body } = await client.raw({
    method: 'GET',
    path,
    headers: { accept: 'application/json' },
    signal,
  });
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as T; // see above
}
