/** What `keys backup` was asked for, checked as far as it can be without asking anybody. */
import path from 'node:path';
import type { ProblemList } from '../../../inputs/index.js';
import type { InputValues } from '../../inputs/values.js';
import type { VaultReference } from '../../../signing/index.js';
import { checkIdentity } from '../../configuration/common-inputs.js';
import { readKeySources } from '../../configuration/key-inputs.js';

export interface BackupConfiguration {
  readonly vaultUrl: string;
  /** Whether every signing key of the vault is wanted. */
  readonly wholeVault: boolean;
  readonly references: readonly VaultReference[];
  /** Absolute path. */
  readonly folder: string;
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readBackupConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): BackupConfiguration {
  const { add, conflict } = problems;
  const sources = readKeySources(inputs, workingDirectory, problems);
  const references: VaultReference[] = [];
  const vaults = new Set<string>();
  let wholeVault = false;
  for (const source of sources) {
    if ('vaultUrl' in source) {
      wholeVault = true;
      vaults.add(source.vaultUrl);
    } else if (source.reference.kind === 'file') {
      add({
        input: 'keys',
        problem: `names the file ${source.reference.path}, which is in no vault`,
        code: 'INPUT_INVALID',
        remedy: 'Back files up by copying them to a safe place.',
      });
    } else {
      references.push(source.reference);
      vaults.add(source.reference.vaultUrl);
    }
  }
  if (vaults.size > 1) {
    conflict(
      'keys',
      `name objects of ${vaults.size} vaults: ${[...vaults].join(', ')}`,
      `Back up each vault in a run of its own, to a folder of its own: keys that are kept apart stay apart.`,
    );
  }
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  const [vaultUrl] = vaults;
  const { archive } = inputs;
  if (vaultUrl === undefined || archive === undefined) {
    throw new TypeError('a required input went unnoticed');
  }
  const reportPath = inputs['trust-report'];
  return {
    vaultUrl,
    wholeVault,
    references,
    folder: path.resolve(workingDirectory, archive),
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}
