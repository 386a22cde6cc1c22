/** What `trust delete` was asked for, checked as far as it can be without asking anybody. */
import type { LoginConfiguration } from '../access/access.js';
import path from 'node:path';
import type { ProblemList } from '../../inputs/index.js';
import type { InputValues } from '../inputs/values.js';
import type { Gun } from '../../trust/index.js';
import { checkIdentity, readPins } from '../configuration/common-inputs.js';
import type { PinReference } from '../configuration/trust-pin.js';
import { readConfirmed, readRepositories, type NamedRepository } from '../repositories/index.js';

export interface DeleteConfiguration extends LoginConfiguration {
  /** At least one. */
  readonly repositories: readonly NamedRepository[];
  readonly confirmed: ReadonlySet<Gun>;
  readonly pins: readonly PinReference[];
  readonly dryRun: boolean;
  /** Absolute. */
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readDeleteConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): DeleteConfiguration {
  const repositories = readRepositories(inputs, problems);
  const confirmed = readConfirmed(inputs, repositories, problems);
  const pins = readPins(inputs, workingDirectory, problems);
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  const reportPath = inputs['trust-report'];
  return {
    repositories,
    confirmed,
    pins,
    dryRun: inputs['dry-run'],
    cloud: inputs.cloud,
    registryLogin: inputs['registry-login'],
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}
