/**
 * The file of the trust report: proven before anything happens, written when all is done. By then a
 * report that cannot be written changes nothing of what was done, so that is a warning.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { isTrustError } from '../../errors.js';
import { proveFolder, proveOutput, writeOutputs } from '../../output-files/index.js';
import type { RunContext } from '../context.js';

type Places = Pick<RunContext, 'tempDirectory' | 'workingDirectory'>;

/** Makes sure, before anything happens, that the report can be written. @throws {TrustError} FILE_NOT_WRITTEN */
export async function proveReportPath(
  reportPath: string,
  { workingDirectory }: Pick<Places, 'workingDirectory'>,
): Promise<void> {
  await proveOutput(reportPath, workingDirectory, { isFolderThere: true });
}

/** Makes sure that files of the run can be written. @throws {TrustError} FILE_NOT_WRITTEN */
export async function proveTemporaryFolder({
  tempDirectory,
}: Pick<Places, 'tempDirectory'>): Promise<void> {
  await proveFolder(
    tempDirectory,
    `The folder for temporary files, ${tempDirectory},`,
    'Make room in that folder and let this run write there, or set another one: TMPDIR (TEMP on Windows) for the command line, otherwise the work folder of the agent.',
  );
}

/**
 * Writes the report.
 * @param reportPath where to; without it a new file in the temporary folder.
 * @returns the absolute path of the file.
 * @throws {TrustError} FILE_NOT_WRITTEN
 */
export async function writeTrustReport(
  report: object,
  reportPath: string | undefined,
  { tempDirectory, workingDirectory, toJson }: Places & Pick<RunContext, 'toJson'>,
): Promise<string> {
  const name = `acr-content-trust-report-${randomUUID()}.json`;
  const file = path.resolve(reportPath ?? path.join(tempDirectory, name));
  await writeOutputs([{ path: file, content: toJson(report, 2) }], workingDirectory);
  return file;
}

/** Writes the report of a run that has done its work, and hands on where it is. */
export async function handOnReport(
  report: object,
  reportPath: string | undefined,
  context: Places & Pick<RunContext, 'log' | 'setOutput' | 'toJson'>,
): Promise<void> {
  try {
    context.setOutput('trust-report', await writeTrustReport(report, reportPath, context));
  } catch (error) {
    if (!isTrustError(error, 'FILE_NOT_WRITTEN')) throw error;
    context.log.warn(`The trust report is missing: ${error.message}`);
  }
}
