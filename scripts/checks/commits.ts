/** Finds commits whose subject is too long to be read in a list. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from '../generate.js';

const longest = 72;

/** The rule holds for what came after this commit; what came before stays as it is. */
const lastWithoutRule = '92e1a5a80d5d9ad8feebcd406aa3d6a10132e2c9';

/**
 * Commits of `folder` whose subject is longer than 72 characters. Merges are left out, as hosts write
 * their subjects. None where there is no git, or where the clone is too shallow to have the commit
 * that the rule begins after: nothing tells there what is new.
 */
export async function commitProblems(
  folder = root,
  since = lastWithoutRule,
): Promise<readonly string[]> {
  const git = (...args: readonly string[]): Promise<string | undefined> =>
    promisify(execFile)('git', args, { cwd: folder, maxBuffer: 2 ** 26 }).then(
      ({ stdout }) => stdout,
      () => undefined,
    );
  if ((await git('merge-base', '--is-ancestor', since, 'HEAD')) === undefined) return [];
  const log = await git('log', '--no-merges', '--format=%h %s', `${since}..HEAD`);
  return (log ?? '').split('\n').flatMap((line) => {
    const [hash = '', ...words] = line.split(' ');
    const subject = words.join(' ');
    const { length } = Array.from(subject);
    return length > longest ? [`${hash} has a subject of ${length} characters: ${subject}`] : [];
  });
}
