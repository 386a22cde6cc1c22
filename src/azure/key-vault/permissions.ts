/**
 * What to do about a 403: the az line that grants exactly what was missing, built from what the
 * vault's message tells (caller, action, resource). Pure text; grants nothing.
 */
import { isInManagedHsm, nounOf, vaultNameOf, type VaultOperation } from './names.js';

const roles: Readonly<Record<VaultOperation['reference']['kind'], string>> = {
  'vault-key': 'Key Vault Crypto User',
  'vault-certificate': 'Key Vault Certificate User',
  'vault-secret': 'Key Vault Secrets User',
};

const refreshed = 'A new role assignment can take some minutes; then run the job again.';

/** The remedy for a refusal with this inner error code and message. */
export function permissionRemedy(
  operation: VaultOperation,
  innerCode: string,
  message: string,
): string {
  const { reference } = operation;
  const vault = vaultNameOf(reference);
  const caller = /appid=([0-9a-f-]{36})/i.exec(message)?.[1];
  const objectId = /oid=([0-9a-f-]{36})/i.exec(message)?.[1];
  const address = /client address:?\s*([0-9a-f.:]*[0-9a-f])/i.exec(message)?.[1];
  if (innerCode === 'ForbiddenByFirewall' || /client address is not authorized/i.test(message)) {
    return (
      `The firewall of the vault keeps this agent out. Allow its address (az keyvault network-rule ` +
      `add --name ${vault} --ip-address ${address ?? '<address>'}) or run the job inside the ` +
      `vault's network.`
    );
  }
  if (innerCode === 'ForbiddenByConnection' || /public network access is disabled/i.test(message)) {
    return 'The vault takes connections through its private endpoint only: run the job inside that network.';
  }
  if (isInManagedHsm(reference)) {
    return (
      `Run: az keyvault role assignment create --hsm-name ${vault} --role "Managed HSM Crypto User" ` +
      `--assignee ${caller ?? '<client ID>'} --scope /keys/${reference.name}. ${refreshed}`
    );
  }
  if (/does not have .*\bpermission/i.test(message) || /Policy|AccessDenied/.test(innerCode)) {
    return (
      `The vault uses access policies. Run: az keyvault set-policy --name ${vault} ` +
      `--object-id ${objectId ?? '<object ID>'} ${policyPermissions(operation)}.`
    );
  }
  const action = /Action: '([^'\r\n]+)'/.exec(message)?.[1];
  const resource = /Resource: '([^'\r\n]+)'/.exec(message)?.[1];
  const missing = action === undefined ? '' : `The action ${action} is missing. `;
  return (
    `${missing}Run: az role assignment create --role "${roleFor(operation, action)}" ` +
    `--assignee ${caller ?? '<client ID>'} --scope ${scopeOf(resource) ?? '<resource ID of the vault>'}. ` +
    refreshed
  );
}

/** A certificate is opened with two permissions, its own and that of its key. */
function roleFor({ reference }: VaultOperation, action: string | undefined): string {
  if (action !== undefined && /\/vaults\/keys\//i.test(action)) return roles['vault-key'];
  return roles[reference.kind];
}

function policyPermissions({ reference, action }: VaultOperation): string {
  if (reference.kind === 'vault-key' || action === 'sign') return '--key-permissions get sign';
  return `--${nounOf(reference)}-permissions get`;
}

/** The object the message names, without the version, which is no scope. */
function scopeOf(resource: string | undefined): string | undefined {
  return /^\/subscriptions\/[^'\s]*?\/vaults\/[^/'\s]+(?:\/(?:keys|secrets|certificates)\/[^/'\s]+)?/i.exec(
    resource ?? '',
  )?.[0];
}
