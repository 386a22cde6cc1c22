/** What `keys rotate` was asked for, checked as far as it can be without asking anybody. */
import type { LoginConfiguration } from '../../access/access.js';
import path from 'node:path';
import { TrustError } from '../../../errors.js';
import type { ProblemList } from '../../../inputs/index.js';
import type { InputValues } from '../../inputs/values.js';
import type { VaultKeyReference } from '../../../signing/index.js';
import {
  isDelegation,
  isRoleName,
  serverRoles,
  type KeyId,
  type RoleName,
  type ServerRole,
} from '../../../trust/index.js';
import { checkIdentity, readPins } from '../../configuration/common-inputs.js';
import { readKeyInput, readKeySources, type KeySource } from '../../configuration/key-inputs.js';
import type { PinReference } from '../../configuration/trust-pin.js';
import type { KeyConfiguration } from '../../configuration/types.js';
import { readRepositories, type NamedRepository } from '../../repositories/index.js';

/** Where the new key comes from. */
export type NewKeySource =
  | { readonly kind: 'given'; readonly key: KeyConfiguration }
  | { readonly kind: 'create'; readonly reference: VaultKeyReference; readonly hsm: boolean };

/** What is to be replaced by what. */
export type Rotation =
  | {
      readonly kind: 'key';
      /** `root`, `targets` or a delegation. */
      readonly role: RoleName;
      readonly newKey: NewKeySource;
      readonly oldKeyId: KeyId | undefined;
    }
  /** The server makes the key; `renews` also where it holds the present one. */
  | { readonly kind: 'hand-over'; readonly role: ServerRole; readonly renews: boolean };

export interface RotateConfiguration extends LoginConfiguration {
  /** At least one. */
  readonly repositories: readonly NamedRepository[];
  readonly rotation: Rotation;
  /** Keys that can sign besides the new one. */
  readonly keys: readonly KeySource[];
  readonly pins: readonly PinReference[];
  readonly dryRun: boolean;
  /** Absolute. */
  readonly reportPath: string | undefined;
}

/** @throws {TrustError} with everything that is wrong with the inputs. */
export function readRotateConfiguration(
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): RotateConfiguration {
  const repositories = readRepositories(inputs, problems);
  const role = inputs.role === undefined ? undefined : readRole(inputs.role, problems);
  const serverRole = serverRoles.find((name) => name === role);
  const rotation = serverRole
    ? readHandOver(serverRole, inputs, problems)
    : readKeyRotation(role, inputs, workingDirectory, problems);
  const keys = [
    readKeyInput('root-key', inputs, workingDirectory, problems),
    readKeyInput('signing-key', inputs, workingDirectory, problems),
    ...readKeySources(inputs, workingDirectory, problems),
  ].filter((key) => key !== undefined);
  requireSigningKey(role, inputs, problems);
  const pins = readPins(inputs, workingDirectory, problems);
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  if (!rotation) throw new TypeError('a problem with an input went unnoticed');
  const reportPath = inputs['trust-report'];
  return {
    repositories,
    rotation,
    keys,
    pins,
    dryRun: inputs['dry-run'],
    cloud: inputs.cloud,
    registryLogin: inputs['registry-login'],
    reportPath: reportPath === undefined ? undefined : path.resolve(workingDirectory, reportPath),
  };
}

function readRole(text: string, { parse }: ProblemList): RoleName | undefined {
  return parse('role', () => {
    if (isRoleName(text)) return text;
    throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is not a role`, {
      remedy: 'Give root, targets, snapshot, timestamp, or a delegation such as targets/ci.',
    });
  });
}

function readHandOver(
  role: ServerRole,
  inputs: InputValues,
  { conflict }: ProblemList,
): Rotation | undefined {
  for (const input of ['new-key', 'old-key'] as const) {
    if (inputs[input] === undefined) continue;
    conflict(
      input,
      `is set, and the key of ${role} is made and kept by the trust server`,
      'Leave it out. A trust server publishes with keys of its own only.',
    );
  }
  if (inputs.hsm) {
    conflict('hsm', `is true, and the key of ${role} is made by the trust server`, 'Leave it out.');
  }
  return { kind: 'hand-over', role, renews: inputs['create-key'] };
}

function readKeyRotation(
  role: RoleName | undefined,
  inputs: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): Rotation | undefined {
  const { add, parse, nameInput } = problems;
  const key = readKeyInput('new-key', inputs, workingDirectory, problems);
  if (inputs['new-key'] === undefined) {
    const remedy = `Name the key that the role is to get: ${nameInput('new-key')}: https://contoso-keys.vault.azure.net/keys/team-app. To have it made first, set ${nameInput('create-key')} to true.`;
    add({ input: 'new-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  const newKey = key && readNewKey(key, inputs, problems);
  const old = inputs['old-key'];
  const oldKeyId = old === undefined ? undefined : parse('old-key', () => readKeyId(old));
  return role === undefined || !newKey ? undefined : { kind: 'key', role, newKey, oldKeyId };
}

function readNewKey(
  key: KeyConfiguration,
  inputs: InputValues,
  { conflict, has, nameInput }: ProblemList,
): NewKeySource | undefined {
  const { reference } = key;
  const { hsm } = inputs;
  if (!inputs['create-key']) {
    if (hsm && !has('create-key')) {
      const problem = `is true, but "${nameInput('create-key')}" is not`;
      conflict(
        'hsm',
        problem,
        'It says how a new key is made. Leave it out for a key that exists.',
      );
    }
    return { kind: 'given', key };
  }
  if (reference.kind === 'vault-key' && reference.version === undefined) {
    return { kind: 'create', reference, hsm };
  }
  conflict(
    'create-key',
    `is true, and "${nameInput('new-key')}" is ${reference.kind === 'vault-key' ? 'a version of a key' : 'no Key Vault key'}`,
    `Name the Key Vault key to make, without a version: ${nameInput('new-key')}: https://contoso-keys.vault.azure.net/keys/team-app.`,
  );
  return undefined;
}

function readKeyId(text: string): KeyId {
  const id = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  throw new TrustError('INPUT_INVALID', 'it is not 64 hex digits', {
    remedy: 'Give the ID of the key, as "docker trust inspect" or "keys status" shows it.',
  });
}

/** Someone has to sign: the root key for what the root lists, the repository key for delegations. */
function requireSigningKey(
  role: RoleName | undefined,
  inputs: InputValues,
  { add, nameInput }: ProblemList,
): void {
  if (role === undefined || inputs.keys.length > 0) return;
  const input = isDelegation(role) ? 'signing-key' : 'root-key';
  if (inputs[input] !== undefined) return;
  const remedy = isDelegation(role)
    ? `Give the repository key, which alone may change who signs ${role}: ${nameInput('signing-key')}: https://contoso-keys.vault.azure.net/keys/team-app.`
    : `Give the present root key, which signs the next root: ${nameInput('root-key')}: https://contoso-root.vault.azure.net/keys/root.`;
  add({ input, problem: 'is not set', code: 'INPUT_MISSING', remedy });
}
