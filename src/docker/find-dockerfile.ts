// Finds the one Dockerfile that a pattern such as **/Dockerfile matches, the default of Docker@2.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, isMissing, TrustError } from '../errors.js';
import { limits } from '../limits.js';

/** Folders full of what others wrote: their Dockerfiles are not the one of this build. */
const skipped = ['.git', 'node_modules'];

/** Whether `text` is a pattern: `**` is any folders, `*` any text and `?` one character of a name. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/**
 * The absolute path of the file that `pattern` matches. Links to folders are not followed.
 * @param pattern relative to `workingDirectory`, or absolute.
 * @throws {TrustError} DOCKERFILE_NOT_FOUND, DOCKERFILE_AMBIGUOUS
 */
export async function findDockerfile(pattern: string, workingDirectory: string): Promise<string> {
  const segments = pattern.split(/[/\\]/);
  const start = segments.findIndex(isPattern);
  const fixed = segments.slice(0, start).map((segment) => `${segment}/`);
  const folder = path.resolve(workingDirectory, fixed.join(''));
  const wanted = segments.slice(start).filter((segment) => segment !== '' && segment !== '.');
  const found = (await filesIn(folder, wanted)).sort();
  const [first] = found;
  if (first === undefined) {
    throw new TrustError('DOCKERFILE_NOT_FOUND', `No file in ${folder} matches ${pattern}`, {
      remedy: `Set \`dockerfile\` to the path of the Dockerfile. Folders named ${skipped.join(' or ')} are not searched.`,
    });
  }
  if (found.length === 1) return path.join(folder, first);
  const shown = found.slice(0, limits.listedDockerfiles);
  const rest = found.length > shown.length ? ` and ${found.length - shown.length} more` : '';
  throw new TrustError(
    'DOCKERFILE_AMBIGUOUS',
    `${found.length} files in ${folder} match ${pattern}: ${shown.join(', ')}${rest}`,
    { remedy: 'Set `dockerfile` to the path of the one to build.' },
  );
}

/** Paths relative to `root`, with slashes, of the files that fit the segments of a pattern. */
async function filesIn(root: string, segments: readonly string[]): Promise<string[]> {
  const pattern = new RegExp(`^${segments.map(expressionOf).join('')}$`);
  const depth = segments.includes('**') ? Infinity : segments.length - 1;
  const found: string[] = [];
  const folders = [''];
  for (const folder of folders) {
    if (folders.length > limits.searchedFolders) {
      throw new TrustError('DOCKERFILE_NOT_FOUND', `There are too many folders in ${root}`, {
        remedy:
          'Set `dockerfile` to the path of the Dockerfile, or begin the pattern with a folder.',
      });
    }
    for (const entry of await entriesOf(path.join(root, folder))) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) {
        if (pattern.test(name)) found.push(name);
      } else if (!skipped.includes(entry.name) && name.split('/').length <= depth) {
        folders.push(name);
      }
    }
  }
  return found;
}

/** The expression for one segment of a pattern, with the slash after it; the last one is a file's name. */
function expressionOf(segment: string, at: number, all: readonly string[]): string {
  // Several in a row say no more than one.
  if (segment === '**' && all[at - 1] === '**') return '';
  const isLast = at === all.length - 1;
  if (segment === '**') return isLast ? '.*' : '(?:[^/]+/)*';
  const name = segment
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^/]*')
    .replaceAll('?', '[^/]');
  return isLast ? name : `${name}/`;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // A folder of another user on the agent, or one that a parallel step has removed.
    if (isMissing(error) || hasCode(error, 'EACCES', 'EPERM')) return [];
    throw error;
  }
}
