import { readFile } from 'node:fs/promises';

const begin = '<!-- walk-through:begin -->';
const end = '<!-- walk-through:end -->';

/** One block of commands of a README, and what it is for in the README's words. */
export interface Step {
  readonly title: string;
  readonly commands: string;
}

/**
 * The commands of a README's walk-through, block by block, exactly as a reader would type them.
 *
 * @param file - From the root of the repository, such as `operators/foo/README.md`.
 */
export async function readWalkThrough(file: string): Promise<Step[]> {
  const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no part between ${begin} and ${end}`);
  const steps = [
    ...text
      .slice(from + begin.length, to)
      .matchAll(/([^`]*?(?:`[^`\n]+`[^`]*?)*)\n*```sh\n([\s\S]*?)```/g),
  ];
  if (steps.length === 0) throw new Error(`the walk-through in ${file} has no commands`);
  return steps.map(([, title = '', commands = '']) => ({
    title: title.trim() || 'Install',
    commands,
  }));
}
