import { isJsonObject } from '@kubewright/apimachinery';
import type { ExecEntry } from '../kubeconfig/entries.ts';
import { CredentialError } from './credential-error.ts';
import type { ClientCertificate } from './credentials.ts';

/** What a plug-in gave. */
export interface ExecCredential {
  readonly token?: string | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
  /** When it ends to be valid, in milliseconds since 1970; undefined means with the process, or with a 401. */
  readonly expiresAtMs?: number | undefined;
}

/**
 * Reads a plug-in's output (`ExecCredential` of client.authentication.k8s.io).
 *
 * @throws CredentialError `PLUGIN_ANSWER_INVALID`. The output itself is never quoted: it may hold secrets.
 */
export function parseExecCredential(output: string, entry: ExecEntry): ExecCredential {
  const invalid = (text: string, cause?: unknown): CredentialError =>
    new CredentialError(
      'PLUGIN_ANSWER_INVALID',
      `the credential plug-in ${entry.command} ${text}`,
      { cause },
    );
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    // The parser's message quotes the text.
    throw invalid('did not write JSON to its standard output');
  }
  if (!isJsonObject(answer) || answer['kind'] !== 'ExecCredential') {
    throw invalid('did not write an object of kind ExecCredential');
  }
  if (answer['apiVersion'] !== entry.apiVersion) {
    throw invalid(
      `answered in version ${JSON.stringify(answer['apiVersion'])}, but the kubeconfig says ${entry.apiVersion}`,
    );
  }
  const status = answer['status'];
  if (!isJsonObject(status)) throw invalid('wrote an ExecCredential without status');
  const text = (key: string): string | undefined => {
    const value = status[key];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') throw invalid(`wrote a status.${key} that is no text`);
    return value;
  };
  const token = text('token');
  const certificate = text('clientCertificateData');
  const key = text('clientKeyData');
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid('wrote only one of status.clientCertificateData and status.clientKeyData');
  }
  if (token === undefined && certificate === undefined) {
    throw invalid('wrote neither status.token nor status.clientCertificateData');
  }
  const expiration = text('expirationTimestamp');
  const expiresAtMs = expiration === undefined ? undefined : Date.parse(expiration);
  if (Number.isNaN(expiresAtMs))
    throw invalid('wrote a status.expirationTimestamp that is no time');
  return {
    token,
    clientCertificate:
      certificate === undefined || key === undefined ? undefined : { certificate, key },
    expiresAtMs,
  };
}
