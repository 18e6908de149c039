import type { SpawnOptions } from 'node:child_process';
import type { RuntimeUser } from '../runtime/contracts.ts';
import { ownUser } from './machine-users.ts';

/** How to start a program. */
export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: Pick<SpawnOptions, 'uid' | 'gid' | 'argv0'>;
}

/**
 * How to start a program as a user. Node drops all supplementary groups when it changes the user, so where there are
 * some the system's `setpriv` sets them and turns into the program.
 *
 * @param name what the program is told as its own name
 */
export function spawnPlan(
  user: RuntimeUser,
  file: string,
  args: readonly string[],
  name: string,
): SpawnPlan {
  const { uid, gid, supplementalGroups: groups } = user;
  const own = ownUser();
  if (uid === own.uid && gid === own.gid) return { file, args, options: { argv0: name } };
  if (groups.every((group) => group === gid)) {
    return { file, args, options: { uid, gid, argv0: name } };
  }
  return {
    file: 'setpriv',
    args: [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${groups.join(',')}`, '--', file, ...args],
    options: {},
  };
}
