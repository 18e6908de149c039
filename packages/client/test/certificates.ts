import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TemporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** A certificate with its key, both PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority for one test file. */
export class Authority {
  readonly #folder: TemporaryFolder;
  readonly #name: string;
  /** The authority's own certificate, PEM. */
  readonly certificate: string;

  private constructor(folder: TemporaryFolder, name: string, certificate: string) {
    this.#folder = folder;
    this.#name = name;
    this.certificate = certificate;
  }

  static async make(folder: TemporaryFolder, name = 'ca'): Promise<Authority> {
    const { certificate } = await openssl(folder, name, ['-subj', `/CN=${name}`]);
    return new Authority(folder, name, certificate);
  }

  /** Signs a certificate for a subject, valid for the alternative names. */
  async sign(subject: string, names = 'DNS:localhost,IP:127.0.0.1'): Promise<Pair> {
    const name = `leaf-${crypto.randomUUID()}`;
    const path = join(this.#folder.path, this.#name);
    return openssl(this.#folder, name, [
      ...['-subj', subject, '-CA', `${path}.crt`, '-CAkey', `${path}.key`],
      ...['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=CA:FALSE'],
    ]);
  }
}

async function openssl(
  folder: TemporaryFolder,
  name: string,
  options: readonly string[],
): Promise<Pair> {
  const path = join(folder.path, name);
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '2', '-keyout', `${path}.key`, '-out', `${path}.crt`, ...options],
  ]);
  return {
    certificate: await readFile(`${path}.crt`, 'utf8'),
    key: await readFile(`${path}.key`, 'utf8'),
  };
}
