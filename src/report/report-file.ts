/**
 * The file of the trust report: proven before anything happens, written when all is done, or earlier for
 * what must not be lost.
 */
import path from 'node:path';
import { proveFolder, proveOutput, uniqueText, writeOutputs } from '../output-files/index.js';
import type { ProblemList } from '../inputs/index.js';

/** Where files of a run may be. */
interface Folders {
  readonly workingDirectory: string;
  readonly tempDirectory: string;
}

/**
 * Where the report goes. Whether it can be written there is checked with the inputs.
 * @param given by the input; without it a new file in the temporary folder.
 * @returns an absolute path.
 * @throws {TrustError} FILE_NOT_WRITTEN when nothing can be written to the temporary folder.
 */
export async function placeOfReport(
  given: string | undefined,
  context: Folders & { readonly problems: Pick<ProblemList, 'check'> },
): Promise<string> {
  const { problems, tempDirectory, workingDirectory } = context;
  if (given === undefined) {
    await proveTemporaryFolder(context);
    return path.resolve(tempDirectory, `acr-content-trust-report-${uniqueText()}.json`);
  }
  const file = path.resolve(workingDirectory, given);
  problems.check('trust-report', () =>
    proveOutput(file, workingDirectory, { isFolderThere: true }),
  );
  return file;
}

/** Makes sure that files of the run can be written. @throws {TrustError} FILE_NOT_WRITTEN */
export async function proveTemporaryFolder({
  tempDirectory,
}: Pick<Folders, 'tempDirectory'>): Promise<void> {
  await proveFolder(
    tempDirectory,
    `The folder for temporary files, ${tempDirectory},`,
    'Make room in that folder and let this run write there, or set another one: TMPDIR (TEMP on Windows) for the command line, otherwise the work folder of the agent.',
  );
}

/** Writes the report. @throws {TrustError} FILE_NOT_WRITTEN */
export async function writeReport(
  file: string,
  report: object,
  {
    workingDirectory,
    toJson,
  }: Pick<Folders, 'workingDirectory'> & {
    readonly toJson: (document: object, indent: number) => string;
  },
): Promise<void> {
  await writeOutputs([{ path: file, content: toJson(report, 2) }], workingDirectory);
}
