/** What `keys status`, `keys renew` and `keys lost` have in common, from the inputs. Asks nobody. */
import type { LoginConfiguration } from '../../access/access.js';
import path from 'node:path';
import { TrustError } from '../../../errors.js';
import type { ProblemList } from '../../../inputs/index.js';
import type { CommandName } from '../../command-name.js';
import type { InputValues } from '../../inputs/values.js';
import { limits } from '../../../limits.js';
import { checkIdentity, readPins } from '../../configuration/common-inputs.js';
import { parseDays } from '../../configuration/days.js';
import { readKeyInput, readKeySources, type KeySource } from '../../configuration/key-inputs.js';
import type { PinReference } from '../../configuration/trust-pin.js';
import { readRepositories, type NamedRepository } from '../../repositories/index.js';

/** The commands that share this. */
export type RenewalCommand = Extract<CommandName, 'keysStatus' | 'keysRenew' | 'keysLost'>;

export interface RenewalConfiguration extends LoginConfiguration {
  /** At least one. */
  readonly repositories: readonly NamedRepository[];
  /** The keys at hand; none is an answer, too, but for `keys renew`. */
  readonly keys: readonly KeySource[];
  readonly pins: readonly PinReference[];
  /** What ends within so many days is near its end. */
  readonly withinDays: number;
  readonly dryRun: boolean;
  /** Absolute. */
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readRenewalConfiguration(
  command: RenewalCommand,
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): RenewalConfiguration {
  const { parse, add, nameInput } = problems;
  const repositories = readRepositories(inputs, problems);
  const given = [
    readKeyInput('signing-key', inputs, workingDirectory, problems),
    readKeyInput('root-key', inputs, workingDirectory, problems),
    ...readKeySources(inputs, workingDirectory, problems),
  ];
  const named = [inputs['signing-key'], inputs['root-key'], ...inputs.keys];
  if (command === 'keysRenew' && named.every((text) => text === undefined)) {
    const remedy = `Name the keys that sign: ${nameInput('signing-key')}, ${nameInput('root-key')}, or all of a vault in ${nameInput('keys')}: https://contoso-keys.vault.azure.net.`;
    add({ input: 'keys', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  const pins = readPins(inputs, workingDirectory, problems);
  const withinDays = parse('warn-expiry-days', () => {
    const days = inputs['warn-expiry-days'];
    return command === 'keysRenew' ? daysToRenew(days) : parseDays(days);
  });
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  const reportPath = inputs['trust-report'];
  return {
    repositories,
    keys: given.filter((key) => key !== undefined),
    pins,
    withinDays: withinDays ?? 0,
    dryRun: inputs['dry-run'],
    cloud: inputs.cloud,
    registryLogin: inputs['registry-login'],
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}

/** What has just been renewed must not be due again. @throws {TrustError} INPUT_INVALID */
function daysToRenew(text: string): number {
  const days = parseDays(text);
  if (days < limits.targetsLifetimeDays) return days;
  throw new TrustError(
    'INPUT_INVALID',
    `a renewed role lives for ${limits.targetsLifetimeDays} days, so that each run would renew it`,
    { remedy: `Give fewer than ${limits.targetsLifetimeDays} days, such as 30.` },
  );
}
