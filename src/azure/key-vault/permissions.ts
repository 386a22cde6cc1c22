/**
 * What to do about a 403: the az line that grants exactly what was missing, built from what the
 * vault's message tells (caller, action, resource). Pure text; grants nothing.
 */
import { firewallRemedy } from '../../http/index.js';
import type { ErrorResponse } from '../../http/index.js';
import {
  isInManagedHsm,
  nounOf,
  vaultNameOf,
  type VaultAction,
  type VaultOperation,
} from './wording.js';

type Kind = VaultOperation['reference']['kind'];

/** Enough to use an object: read it, sign with it. */
const userRoles: Readonly<Record<Kind, string>> = {
  'vault-key': 'Key Vault Crypto User',
  'vault-certificate': 'Key Vault Certificate User',
  'vault-secret': 'Key Vault Secrets User',
};

/** Needed to bring objects into a vault, and to copy them out of one. */
const officerRoles: Readonly<Record<Kind, string>> = {
  'vault-key': 'Key Vault Crypto Officer',
  'vault-certificate': 'Key Vault Certificates Officer',
  'vault-secret': 'Key Vault Secrets Officer',
};

/** What access policies call an operation, with what the commands that do it need besides. */
const policyWords: Readonly<Record<VaultAction, string>> = {
  get: 'get',
  'get-public': 'get',
  sign: 'get sign',
  list: 'get list sign',
  update: 'get update',
  create: 'get list sign create update',
  import: 'get list sign import update',
  set: 'get set',
  backup: 'get list backup',
  restore: 'get list sign restore',
};

const refreshed = 'Wait some minutes until the new role takes effect, then run the step again.';

/** The remedy for a refusal with this inner error code and these words. */
export function permissionRemedy(
  operation: VaultOperation,
  answer: Pick<ErrorResponse, 'innerCode' | 'words' | 'firewall'>,
): string {
  const { reference } = operation;
  const { innerCode = '', words: message, firewall } = answer;
  const vault = vaultNameOf(reference);
  const caller = /appid=([0-9a-f-]{36})/i.exec(message)?.[1];
  const objectId = /oid=([0-9a-f-]{36})/i.exec(message)?.[1];
  if (firewall !== undefined) {
    return innerCode === 'ForbiddenByConnection' || firewall.address === undefined
      ? 'The vault takes connections through its private endpoint only.\n' +
          'Run the job in a network that reaches the private endpoint of the vault.'
      : firewallRemedy('vault', vault, firewall.address);
  }
  if (isInManagedHsm(reference)) {
    return (
      'Have the owner of the HSM assign the role:\n' +
      `az keyvault role assignment create --hsm-name ${vault} --role "Managed HSM Crypto User" ` +
      `--assignee ${caller ?? '<client ID>'} --scope ${hsmScopeOf(operation)}\n${refreshed}`
    );
  }
  if (/does not have .*\bpermission/i.test(message) || /Policy|AccessDenied/.test(innerCode)) {
    return `The vault uses access policies. Have its owner run:\naz keyvault set-policy --name ${vault} --object-id ${objectId ?? '<object ID>'} ${policyPermissions(operation)}\nThe command replaces the permissions of the principal for such objects: add the other permissions that it needs.`;
  }
  const action = /Action: '([^'\r\n]+)'/.exec(message)?.[1];
  const resource = /Resource: '([^'\r\n]+)'/.exec(message)?.[1];
  const missing = action === undefined ? '' : `The action ${action} is missing. `;
  return (
    `${missing}Have the owner of the vault assign the role:\n` +
    `az role assignment create --role "${roleFor(operation, action)}" ` +
    `--assignee ${caller ?? '<client ID>'} --scope ${scopeOf(resource) ?? '<resource ID of the vault>'}\n` +
    refreshed
  );
}

/**
 * The least built-in role that has what is missing. The action the vault names counts before ours:
 * a certificate is opened with two permissions, its own and that of its key.
 */
function roleFor({ reference, action }: VaultOperation, missing: string | undefined): string {
  // Reads keys and certificates, and may neither sign with them nor read secrets.
  if (action === 'get-public') return 'Key Vault Reader';
  if (needsOfficer(reference.kind, action)) return officerRoles[reference.kind];
  if (missing !== undefined && /\/vaults\/keys\//i.test(missing)) return userRoles['vault-key'];
  return userRoles[reference.kind];
}

/** Crypto User may back keys up; no role short of Secrets Officer may back secrets up. */
function needsOfficer(kind: Kind, action: VaultAction): boolean {
  if (action === 'backup') return kind !== 'vault-key';
  // Crypto User may change keys; certificates and secrets are their officers'.
  if (action === 'update') return kind !== 'vault-key';
  return action === 'create' || action === 'import' || action === 'set' || action === 'restore';
}

function policyPermissions({ reference, action }: VaultOperation): string {
  if (action === 'sign') return '--key-permissions get sign';
  // A key is read to sign with it, in all that this product does.
  const words =
    reference.kind === 'vault-key' && action === 'get' ? 'get sign' : policyWords[action];
  // Only keys sign; to create keys is no matter of secrets and certificates.
  if (action === 'update' && reference.kind === 'vault-secret')
    return '--secret-permissions get set';
  const fitting = reference.kind === 'vault-key' ? words : words.replace(' sign', '');
  return `--${nounOf(reference)}-permissions ${fitting}`;
}

/** Roles to make keys count for all keys of an HSM; a role to use one may be for that one. */
function hsmScopeOf({ reference: { kind, name }, action }: VaultOperation): string {
  return name === '' || needsOfficer(kind, action) ? '/keys' : `/keys/${name}`;
}

/** The object the message names, without the version, which is no scope. */
function scopeOf(resource: string | undefined): string | undefined {
  return /^\/subscriptions\/[^'\s]*?\/vaults\/[^/'\s]+(?:\/(?:keys|secrets|certificates)\/[^/'\s]+)?/i.exec(
    resource ?? '',
  )?.[0];
}
