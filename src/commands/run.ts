/** The way from a command's name to its use case. */
import type { CommandName, InputValues } from '../inputs/index.js';
import { readConfiguration } from './configuration/read-configuration.js';
import type { RunContext } from './context.js';
import { inspectRepositories } from './inspect/index.js';
import { backUpKeys } from './keys/backup/index.js';
import { importKeys } from './keys/import/index.js';
import { initKeys } from './keys/init/index.js';
import { rotateKeys } from './keys/rotate/index.js';
import { showWayOut } from './keys/lost/index.js';
import { renewKeys } from './keys/renew/index.js';
import { showKeysStatus } from './keys/status/index.js';
import { restoreKeys } from './keys/restore/index.js';
import { buildPushSign } from './main-job/index.js';
import { promoteImages } from './promote/index.js';
import { checkReportPath } from './report/report.js';
import { revokeTags } from './revoke/index.js';
import { signExisting, signImages } from './sign/index.js';
import {
  addRepositorySigner,
  listRepositorySigners,
  removeRepositorySigner,
} from './signers/index.js';
import { verifyImages } from './verify/index.js';

/**
 * Runs `command` to its end.
 * @throws {TrustError} for everything a user can meet; nothing is reported as done that is not.
 */
export async function runCommand(
  command: CommandName,
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  if (command === 'verify') return verifyImages(inputs, context);
  if (command === 'inspect') return inspectRepositories(inputs, context);
  if (command === 'revoke') return revokeTags(inputs, context);
  if (command === 'promote') return promoteImages(inputs, context);
  if (command === 'keysInit') return initKeys(inputs, context);
  if (command === 'keysRotate') return rotateKeys(inputs, context);
  if (command === 'keysStatus') return showKeysStatus(inputs, context);
  if (command === 'keysRenew') return renewKeys(inputs, context);
  if (command === 'keysLost') return showWayOut(inputs, context);
  if (command === 'keysImport') return importKeys(inputs, context);
  if (command === 'keysBackup') return backUpKeys(inputs, context);
  if (command === 'keysRestore') return restoreKeys(inputs, context);
  if (command === 'signersList') return listRepositorySigners(inputs, context);
  if (command === 'signersAdd') return addRepositorySigner(inputs, context);
  if (command === 'signersRemove') return removeRepositorySigner(inputs, context);
  const { workingDirectory, nameInput } = context;
  const configuration = readConfiguration(command, inputs, workingDirectory, nameInput);
  await checkReportPath(configuration.reportPath);
  if (configuration.repositories) return signImages(configuration, inputs, context);
  await (command === 'sign' ? signExisting : buildPushSign)(configuration, inputs, context);
}
