/** The way from a command's name to its use case. */
import path from 'node:path';
import type { CommandName, InputValues } from '../inputs/index.js';
import { readNames } from './configuration/names.js';
import { readConfiguration } from './configuration/read-configuration.js';
import type { Configuration } from './configuration/types.js';
import type { RunContext } from './context.js';
import { inspectRepositories } from './inspect/index.js';
import { backUpKeys } from './keys/backup/index.js';
import { exportKeys } from './keys/export/index.js';
import { importKeys } from './keys/import/index.js';
import { initKeys } from './keys/init/index.js';
import { showWayOut } from './keys/lost/index.js';
import { renewKeys } from './keys/renew/index.js';
import { rotateKeys } from './keys/rotate/index.js';
import { showKeysStatus } from './keys/status/index.js';
import { restoreKeys } from './keys/restore/index.js';
import { buildPushSign } from './build-push/build-push.js';
import { checkNamedFiles } from './named-files.js';
import { promoteImages } from './promote/index.js';
import { proveReportPath, proveTemporaryFolder } from './report/report-file.js';
import { revokeTags } from './revoke/index.js';
import { signExisting } from './sign/index.js';
import {
  addRepositorySigner,
  listRepositorySigners,
  removeRepositorySigner,
} from './signers/index.js';
import { deleteRepositoryTrust } from './trust-delete/index.js';
import { verifyImages } from './verify/index.js';

/** A use case: runs to its end, and throws whatever keeps it from being done. */
type UseCase = (inputs: InputValues, context: RunContext) => Promise<void>;

const useCases: Readonly<Record<CommandName, UseCase>> = {
  buildAndPush: mainJob('buildAndPush', buildPushSign),
  build: mainJob('build', buildPushSign),
  push: mainJob('push', buildPushSign),
  sign: mainJob('sign', signExisting),
  verify: verifyImages,
  inspect: inspectRepositories,
  revoke: revokeTags,
  promote: promoteImages,
  keysInit: initKeys,
  keysImport: importKeys,
  keysExport: exportKeys,
  keysBackup: backUpKeys,
  keysRestore: restoreKeys,
  keysRotate: rotateKeys,
  keysStatus: showKeysStatus,
  keysRenew: renewKeys,
  keysLost: showWayOut,
  signersList: listRepositorySigners,
  signersAdd: addRepositorySigner,
  signersRemove: removeRepositorySigner,
  trustDelete: deleteRepositoryTrust,
};

const usesDocker: readonly CommandName[] = ['buildAndPush', 'build', 'push'];

/**
 * Runs `command` to its end.
 * @throws {TrustError} for everything a user can meet; nothing is reported as done that is not.
 */
export async function runCommand(
  command: CommandName,
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  const { log, problems, workingDirectory } = context;
  const { 'trust-report': reportPath } = inputs;
  if (reportPath !== undefined) {
    const file = path.resolve(workingDirectory, reportPath);
    await problems.check('trust-report', () => proveReportPath(file, context));
  }
  // Reports go there that have no place of their own, and private configurations of Docker.
  if (reportPath === undefined || usesDocker.includes(command)) await proveTemporaryFolder(context);
  const named = readNames(inputs, problems, (note) => {
    log.info(note);
  });
  await checkNamedFiles(command, named, context);
  return useCases[command](named, context);
}

/** A command of the main job, with all its inputs checked before it begins. */
function mainJob(
  command: CommandName,
  run: (configuration: Configuration, ...rest: Parameters<UseCase>) => Promise<void>,
): UseCase {
  return async (inputs, context) => {
    const { workingDirectory, problems } = context;
    const configuration = readConfiguration(command, inputs, workingDirectory, problems);
    await run(configuration, inputs, context);
  };
}
