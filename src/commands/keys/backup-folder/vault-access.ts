/** The standing of a run with Azure, for commands that meet a vault and no registry. */
import { cloudOfVault } from '../../../azure/index.js';
import type { InputValues } from '../../../inputs/index.js';
import type { RunContext } from '../../context.js';
import { openAzure, type AzureAccess } from '../../session/session.js';

/** Makes the credential in the cloud of the vault, unless inputs or host name another. */
export function openVaultAccess(
  vaultUrl: string,
  inputs: InputValues,
  context: RunContext,
): AzureAccess {
  const named = inputs.cloud !== 'auto' || context.identity.serviceConnection?.cloud !== undefined;
  const own = cloudOfVault(new URL(vaultUrl).hostname)?.name;
  const image = { registry: '', repository: '', tags: [], gun: '' };
  return openAzure({ cloud: named || !own ? inputs.cloud : own, image }, inputs, context);
}
