/** What `keys rotate` is asked for: which key is replaced by which. */
import type { NamedKey } from '../../../azure/index.js';
import { TrustError } from '../../../errors.js';
import type { Inputs } from '../../../inputs/index.js';
import type { NewKeySource, Rotation } from '../../../key-rotation/index.js';
import {
  isDelegation,
  isRoleName,
  serverRoles,
  type KeyId,
  type RoleName,
  type ServerRole,
} from '../../../trust/index.js';
import { dryRun } from '../../inputs/image.js';
import { availableKeyInputs, hsm, readKeyInput } from '../../inputs/key-inputs.js';
import { pinInputs } from '../../inputs/pins.js';
import type { Read } from '../../inputs/read.js';
import { repositoryInputs } from '../../inputs/repositories.js';

export const rotationInputs = {
  ...repositoryInputs,
  role: {
    type: 'text',
    group: 'keys',
    label: 'Role',
    help: 'The role whose key is replaced: `targets` (the repository key), `root`, a delegation such as `targets/ci`, or `snapshot` or `timestamp`, whose key the server makes and keeps.',
    example: 'targets',
    required: true,
  },
  'new-key': {
    type: 'text',
    group: 'keys',
    label: 'New key',
    help: 'The key that the role gets instead of its present one, given like `signing-key`. Not for `snapshot` and `timestamp`.',
    example: 'https://contoso-keys.vault.azure.net/keys/team-app-2',
  },
  'new-key-passphrase': {
    type: 'text',
    group: 'keys',
    label: 'Passphrase of the new key',
    help: 'Opens the new key if its PEM is encrypted. The value, or the URL of a Key Vault secret that holds it.',
    secret: true,
    references: ['url'],
    example: 'https://contoso-keys.vault.azure.net/secrets/team-app-2-passphrase',
  },
  'old-key': {
    type: 'text',
    group: 'keys',
    label: 'Old key',
    help: 'ID of the key that is replaced, where the role has several. Without it, the one that the role has.',
    example: '4c6c56a0b1d2e3f405162738495a6b7c8d9eaf0b1c2d3e4f5061728394a5b6c7',
  },
  'create-key': {
    type: 'boolean',
    group: 'keys',
    label: 'Create the new key',
    help: 'Creates `new-key` in Key Vault first: a new version of it, if a key of that name exists. For `snapshot` and `timestamp`, has the server make a new key although it holds the present one.',
    default: false,
    example: 'true',
  },
  hsm,
  ...availableKeyInputs,
  ...pinInputs,
  'dry-run': dryRun,
} as const satisfies Inputs;

type RotationRead = Read<typeof rotationInputs>;

/** Reads what is to be replaced; undefined when something is wrong with that. */
export function readRotation(read: RotationRead): Rotation | undefined {
  const { values, parse } = read;
  const text = values.role;
  const role = text === undefined ? undefined : parse('role', () => parseRole(text));
  const serverRole = serverRoles.find((name) => name === role);
  const rotation = serverRole ? readServerKey(serverRole, read) : readNewKey(role, read);
  if (role !== undefined && values.keys.length === 0) requireSigningKey(role, read);
  return rotation;
}

function parseRole(text: string): RoleName {
  if (isRoleName(text)) return text;
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is not a role`, {
    remedy: 'Give root, targets, snapshot, timestamp, or a delegation such as targets/ci.',
  });
}

function readServerKey(role: ServerRole, { values, conflict }: RotationRead): Rotation {
  for (const input of ['new-key', 'old-key'] as const) {
    if (values[input] === undefined) continue;
    conflict(
      input,
      `is set, and the key of ${role} is made and kept by the trust server`,
      'Leave it out. A trust server publishes with keys of its own only.',
    );
  }
  if (values.hsm) {
    conflict('hsm', `is true, and the key of ${role} is made by the trust server`, 'Leave it out.');
  }
  return { kind: 'server-key', role, replacesExisting: values['create-key'] };
}

function readNewKey(role: RoleName | undefined, read: RotationRead): Rotation | undefined {
  const { values, add, parse, nameInput } = read;
  const key = readKeyInput('new-key', read);
  if (values['new-key'] === undefined) {
    const remedy = `Name the key that the role is to get: ${nameInput('new-key')}: https://contoso-keys.vault.azure.net/keys/team-app. To have it made first, set ${nameInput('create-key')} to true.`;
    add({ input: 'new-key', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
  const newKey = key && sourceOf(key, read);
  const old = values['old-key'];
  const oldKeyId = old === undefined ? undefined : parse('old-key', () => parseKeyId(old));
  return role === undefined || !newKey ? undefined : { kind: 'key', role, newKey, oldKeyId };
}

function sourceOf(
  key: NamedKey,
  { values, conflict, has, nameInput }: RotationRead,
): NewKeySource | undefined {
  const { reference } = key;
  const isVaultKey = reference.kind === 'vault-key';
  if (!values['create-key']) {
    if (values.hsm && !has('create-key')) {
      conflict(
        'hsm',
        `is true, but "${nameInput('create-key')}" is not`,
        'It says how a new key is made. Leave it out for a key that exists.',
      );
    }
    return { kind: 'given', key };
  }
  if (isVaultKey && reference.version === undefined) {
    return { kind: 'create', reference, hsm: values.hsm };
  }
  conflict(
    'create-key',
    `is true, and "${nameInput('new-key')}" is ${isVaultKey ? 'a version of a key' : 'not a Key Vault key'}`,
    `Name the Key Vault key to make, without a version: ${nameInput('new-key')}: https://contoso-keys.vault.azure.net/keys/team-app.`,
  );
  return undefined;
}

function parseKeyId(text: string): KeyId {
  const id = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  throw new TrustError('INPUT_INVALID', 'it is not 64 hex digits', {
    remedy: 'Give the ID of the key, as "docker trust inspect" or "keys status" shows it.',
  });
}

/** A key has to sign: the root key for what the root lists, the repository key for delegations. */
function requireSigningKey(role: RoleName, { values, add, nameInput }: RotationRead): void {
  const input = isDelegation(role) ? 'signing-key' : 'root-key';
  if (values[input] !== undefined) return;
  const remedy = isDelegation(role)
    ? `Give the repository key, which alone may change who signs ${role}: ${nameInput('signing-key')}: https://contoso-keys.vault.azure.net/keys/team-app.`
    : `Give the present root key, which signs the next root: ${nameInput('root-key')}: https://contoso-root.vault.azure.net/keys/root.`;
  add({ input, problem: 'is not set', code: 'INPUT_MISSING', remedy });
}
