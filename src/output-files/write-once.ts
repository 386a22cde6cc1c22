/** Files that are written unless another content is there: nobody's work is replaced unasked. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, TrustError } from '../errors.js';
import { proveOutput } from './place.js';
import { writeOutputs } from './write.js';

interface TextFile {
  /** Absolute. */
  readonly path: string;
  readonly content: string;
}

interface WrittenFile {
  readonly path: string;
  readonly state: 'written' | 'unchanged';
}

/** Writes all files or none. @throws {TrustError} FILE_NOT_WRITTEN */
export async function writeOnce(
  files: readonly TextFile[],
  {
    overwrite,
    workingDirectory,
  }: { readonly overwrite: boolean; readonly workingDirectory: string },
): Promise<readonly WrittenFile[]> {
  const found = await Promise.all(
    files.map(async (file) => ({
      ...file,
      former: await contentOf(await proveOutput(file.path, workingDirectory)),
    })),
  );
  const changed = found.filter(({ content, former }) => former !== content);
  const replaced = changed.filter(({ former }) => former !== undefined);
  if (replaced.length > 0 && !overwrite) throw wouldReplace(replaced);
  await writeOutputs(
    changed.map(({ path: file, content }) => ({ path: file, content, folderMode: 0o755 })),
    workingDirectory,
  );
  return found.map(({ path: file, content, former }) => ({
    path: file,
    state: former === content ? 'unchanged' : 'written',
  }));
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function wouldReplace(files: readonly TextFile[]): TrustError {
  const folders = [...new Set(files.map(({ path: file }) => path.dirname(file)))].join(', ');
  const names = files.map(({ path: file }) => path.basename(file)).join(', ');
  return new TrustError(
    'FILE_NOT_WRITTEN',
    `${folders} has files of another content, and nothing was written: ${names}`,
    { remedy: 'Name another place, or set overwrite to replace them.' },
  );
}
