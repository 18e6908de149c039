import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Passwords and certificates of a cluster, as the pod has them mounted. */
export interface Credentials {
  readonly replicatorPassword: string;
  /** Of the role that the users of the database log in as. */
  readonly userPassword: string;
  /** In PEM; undefined: none are mounted. */
  readonly tls:
    { readonly ca: string; readonly certificate: string; readonly key: string } | undefined;
}

/** Reads the mounted Secrets anew: the kubelet replaces their files when they change. */
export async function readCredentials(folder: string): Promise<Credentials> {
  const read = (...path: string[]) => readFile(join(folder, ...path), 'utf8');
  const [ca, certificate, key] = await Promise.all(
    ['ca.crt', 'tls.crt', 'tls.key'].map(async (name) => read('tls', name).catch(missing)),
  );
  return {
    replicatorPassword: await read('internal', 'replicator-password'),
    userPassword: await read('credentials', 'password'),
    tls:
      ca === undefined || certificate === undefined || key === undefined
        ? undefined
        : { ca, certificate, key },
  };
}

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
