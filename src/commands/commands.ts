/** All commands, in the order in which people meet them, and the table of their inputs. */
import { createTable, type RawValues } from '../inputs/index.js';
import { build, buildAndPush, push } from './build-push/build-push.js';
import type { HostContext } from './context.js';
import { doctor } from './doctor/doctor.js';
import { exportPolicy } from './export-policy.js';
import { inspect } from './inspect/inspect.js';
import { keysBackup } from './keys/backup.js';
import { keysExport } from './keys/export.js';
import { keysImport } from './keys/import/import.js';
import { keysInit } from './keys/init/init.js';
import { keysRecover } from './keys/recover.js';
import { keysRenew } from './keys/renew.js';
import { keysRestore } from './keys/restore.js';
import { keysRotate } from './keys/rotate/rotate.js';
import { keysStatus } from './keys/status.js';
import { migrate } from './migrate/migrate.js';
import { promote } from './promote/promote.js';
import { revoke } from './revoke.js';
import { setup } from './setup/setup.js';
import { sign } from './sign/sign.js';
import { signersAdd } from './signers/add.js';
import { signersList } from './signers/list.js';
import { signersRemove } from './signers/remove.js';
import { trustDelete } from './trust-delete.js';
import { verify } from './verify/verify.js';

const all = [
  buildAndPush,
  build,
  push,
  sign,
  verify,
  inspect,
  revoke,
  promote,
  migrate,
  exportPolicy,
  keysInit,
  keysImport,
  keysExport,
  keysBackup,
  keysRestore,
  keysRotate,
  keysStatus,
  keysRenew,
  keysRecover,
  signersList,
  signersAdd,
  signersRemove,
  trustDelete,
  doctor,
  setup,
] as const;

export type CommandName = (typeof all)[number]['name'];

export const {
  collectProblems,
  commandNames,
  commands,
  definitionOf,
  inputNames,
  inputsOf,
  readCommand,
  readInputs,
} = createTable<CommandName>(all);

/**
 * Runs `command` to its end.
 * @throws {TrustError} for everything a user can meet; nothing is reported as done that is not.
 */
export async function runCommand(
  command: CommandName,
  values: RawValues,
  context: HostContext,
): Promise<void> {
  await all.find(({ name }) => name === command)?.execute(values, context);
}
