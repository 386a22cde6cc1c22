/** What `keys restore` was asked for, checked as far as it can be without asking anybody. */
import path from 'node:path';
import type { ProblemList } from '../../../inputs/index.js';
import type { InputValues } from '../../inputs/values.js';
import { checkIdentity } from '../../configuration/common-inputs.js';
import { parseVaultUrl } from '../../configuration/key-inputs.js';

export interface RestoreConfiguration {
  readonly vaultUrl: string;
  /** Absolute path. */
  readonly folder: string;
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readRestoreConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): RestoreConfiguration {
  const { vault, archive } = inputs;
  const vaultUrl =
    vault === undefined ? undefined : problems.parse('vault', () => parseVaultUrl(vault));
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  if (vaultUrl === undefined || archive === undefined) {
    throw new TypeError('a required input went unnoticed');
  }
  const reportPath = inputs['trust-report'];
  return {
    vaultUrl,
    folder: path.resolve(workingDirectory, archive),
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}
