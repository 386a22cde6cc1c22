/** The standing of a run with Azure, for commands that may meet a vault, registries, or both. */
import { cloudOfVault } from '../../../azure/index.js';
import type { InputValues } from '../../../inputs/index.js';
import type { RunContext } from '../../context.js';
import type { NamedRepository } from '../../repositories/index.js';
import { openAzure, type AzureAccess } from '../../session/session.js';

/** What tells the cloud, where no input does. */
export interface AccessConfiguration extends Pick<InputValues, 'cloud'> {
  readonly repositories: readonly NamedRepository[];
  readonly registry?: string | undefined;
}

/** Makes the credential in the cloud of the registry, or else of the vault. */
export function openAccess(
  { cloud, repositories, registry = repositories[0]?.registry }: AccessConfiguration,
  vaultUrl: string | undefined,
  inputs: InputValues,
  context: RunContext,
): AzureAccess {
  const named = cloud !== 'auto' || context.identity.serviceConnection?.cloud !== undefined;
  const ofVault =
    vaultUrl === undefined ? undefined : cloudOfVault(new URL(vaultUrl).hostname)?.name;
  const chosen = named || registry !== undefined ? cloud : (ofVault ?? cloud);
  const image = { registry: registry ?? '', repository: '', gun: '', tags: [] };
  return openAzure({ cloud: chosen, image }, inputs, context);
}
