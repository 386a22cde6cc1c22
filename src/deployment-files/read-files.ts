/** Reads the files that name images. All that is wrong is said at once. */
import { setImmediate } from 'node:timers/promises';
import { codeOf, TrustError, isTrustError, messageOf } from '../errors.js';
import { parseImageReference } from '../registry/index.js';
import { requireWholeProject } from './compose-project.js';
import { NamedProblem, filesAt, isYaml, type FilePlace } from './find-files.js';
import { readRegularFile } from './regular-file.js';
import { readPlainList } from './plain-list.js';
import { sourceProblem } from './rendered.js';
import { FileProblem, type ImageFile, type Mentions, type ReadingOptions } from './types.js';
import { readYaml } from './yaml-file.js';

/** What is wrong with a file: a sentence about it, and what to do. */
export interface FileTrouble {
  readonly problem: string;
  readonly remedy: string;
}

/** The files that were read, and what is wrong with others. */
export interface FilesRead {
  readonly files: readonly ImageFile[];
  readonly troubles: readonly FileTrouble[];
}

/**
 * Reads each of `names`; of a folder, the YAML and JSON files in it and below it. Files that end in
 * .yaml, .yml or .json are compose files or Kubernetes objects, all others are plain lists.
 * @throws {TrustError} INTERRUPTED
 */
export async function readImageFiles(
  names: readonly string[],
  workingDirectory: string,
  options: ReadingOptions,
  signal?: AbortSignal,
): Promise<FilesRead> {
  const files = new Map<string, ImageFile>();
  const troubles: FileTrouble[] = [];
  const giveWay = async (): Promise<void> => {
    await setImmediate();
    if (signal?.aborted !== true) return;
    const remedy = 'Run it again.';
    throw new TrustError('INTERRUPTED', 'interrupted while files were read', { remedy });
  };
  for (const name of names) {
    await collect(name, troubles, async () => {
      for (const place of await filesAt(name, workingDirectory, options.outputDirectory)) {
        if (files.has(place.path)) continue;
        await collect(place.name, troubles, async () => {
          const file = await readOne(place, options, giveWay);
          files.set(place.path, file);
          troubles.push(...wrongReferences(file));
        });
      }
    });
  }
  for (const { name, path: file } of files.values()) {
    await collect(name, troubles, () => requireWholeProject(file, new Set(files.keys())));
  }
  return { files: [...files.values()], troubles };
}

/** Runs `body`, and takes what it complains of in the file `name`. */
async function collect(
  name: string,
  troubles: FileTrouble[],
  body: () => Promise<void>,
): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (error instanceof FileProblem) troubles.push(troubleOf(name, error));
    else if (isFileError(error)) {
      const remedy = 'Check the name and who may read it.';
      troubles.push({ problem: `${name} cannot be read: ${messageOf(error)}`, remedy });
    } else throw error;
  }
}

async function readOne(
  place: FilePlace,
  options: ReadingOptions,
  giveWay: () => Promise<void>,
): Promise<ImageFile> {
  const problem = sourceProblem(place.name);
  if (problem) throw problem;
  const text = decode(await readRegularFile(place.path));
  return { ...place, text, ...(await mentionsOf(place.name, text, options, giveWay)) };
}

function wrongReferences({ name, mentions }: ImageFile): readonly FileTrouble[] {
  return mentions.flatMap(({ reference, line }): FileTrouble[] => {
    try {
      parseImageReference(reference);
      return [];
    } catch (error) {
      if (!isTrustError(error)) throw error;
      const quoted = JSON.stringify(reference.slice(0, 300));
      const problem = `${name}, line ${line}: ${quoted} is not an image reference`;
      return [{ problem, remedy: 'Correct the file.' }];
    }
  });
}

/**
 * The images that a file of this name and text names.
 * @param giveWay is awaited now and then.
 * @throws {FileProblem}
 */
export async function mentionsOf(
  name: string,
  text: string,
  options: ReadingOptions,
  giveWay: () => Promise<void> = () => Promise.resolve(),
): Promise<Mentions> {
  return isYaml(name) ? readYaml(text, options, giveWay) : readPlainList(text);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileProblem(undefined, 'is not UTF-8', 'Save it as UTF-8.');
  }
}

function troubleOf(given: string, problem: FileProblem): FileTrouble {
  const name = problem instanceof NamedProblem ? problem.file : given;
  const where = problem.line === undefined ? name : `${name}, line ${problem.line},`;
  const { remedy } = problem;
  return {
    problem: `${where} ${problem.message}`,
    remedy: typeof remedy === 'string' ? remedy : remedy(name),
  };
}

function isFileError(error: unknown): boolean {
  return !isTrustError(error) && codeOf(error) !== '';
}
