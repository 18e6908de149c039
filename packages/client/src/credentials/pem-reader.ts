import type { PemSource } from '../kubeconfig/entries.ts';
import { CachedFile, type CachedFileOptions } from './cached-file.ts';

/** Gives PEM text; asked before each request, it reads a file at most once a minute. */
export type PemReader = () => Promise<string | undefined>;

/** The reader of a source; one that always gives undefined when there is no source. */
export function pemReader(source: PemSource | undefined, options?: CachedFileOptions): PemReader {
  switch (source?.from) {
    case undefined:
      return () => Promise.resolve(undefined);
    case 'data': {
      const { pem } = source;
      return () => Promise.resolve(pem);
    }
    case 'file': {
      const file = new CachedFile(source.path, options);
      return () => file.read();
    }
    default:
      return source satisfies never;
  }
}
