import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the agent wants of the entry program; see entry.sh, which reads it. */
export type Wish =
  | { readonly role: 'none' }
  | {
      readonly role: 'primary';
      /** Hundredths of a second of the machine's uptime at which writing must end. */
      readonly until: number | 'never';
      /** Make a database when there is none. */
      readonly initialize: boolean;
    }
  | {
      readonly role: 'standby';
      /** Connection string of the primary, empty when it is not known. */
      readonly source: string;
      /** Changes when the data must be brought in line with the primary's once more. */
      readonly rejoin: string;
    };

/** What the entry program has told. */
export type Told = Readonly<Record<string, string>>;

/** The folder by which agent and entry program talk. Files are replaced as a whole, so that nobody reads half of one. */
export class ControlFolder {
  /** Where it is; the server's socket is there too. */
  readonly path: string;
  #number = 0;
  #written = new Map<string, string>();

  constructor(path: string) {
    this.path = path;
  }

  /** Prepares the folder; numbers go on where an earlier life of the agent left off. */
  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const before = await this.#read('want');
    this.#number = Number(before['number'] ?? 0);
  }

  /**
   * Writes a file when it is not so already. Readable by the user of the pod alone.
   *
   * @returns whether it was changed
   */
  async write(name: string, text: string): Promise<boolean> {
    if (this.#written.get(name) === text) return false;
    const path = join(this.path, name);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
    this.#written.set(name, text);
    return true;
  }

  /**
   * Says what is wanted. It gets a new number, and so is carried out, when it differs from before in more than its deadline.
   *
   * @param isChanged - Whether files beside it have changed, so that it must be carried out anew.
   * @returns its number
   */
  async want(wish: Wish, isChanged: boolean): Promise<number> {
    const lasting = JSON.stringify({ ...wish, until: 0 });
    if (isChanged || this.#lasting !== lasting) this.#number += 1;
    this.#lasting = lasting;
    const lines = Object.entries({ number: this.#number, ...plain(wish) });
    await this.write('want', lines.map(([key, value]) => `${key}=${String(value)}\n`).join(''));
    return this.#number;
  }
  #lasting = '';

  /** What the entry program has told last; empty when it has not yet. */
  async told(): Promise<Told> {
    return this.#read('have');
  }

  async #read(name: string): Promise<Told> {
    const text = await readFile(join(this.path, name), 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
    const pairs = text.split('\n').map((line): [string, string] => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    });
    return Object.fromEntries(pairs.filter(([key]) => key !== ''));
  }
}

function plain(wish: Wish): Readonly<Record<string, string | number>> {
  switch (wish.role) {
    case 'none':
      return { role: 'none' };
    case 'primary':
      return { role: 'primary', until: wish.until, initialize: wish.initialize ? 'yes' : 'no' };
    case 'standby':
      return { role: 'standby', source: wish.source, rejoin: wish.rejoin };
    default:
      return wish satisfies never;
  }
}
