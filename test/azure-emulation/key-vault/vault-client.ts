/** A vault with a caller who has roles on it, and SDK clients for that caller. Test helper. */
import { ClientSecretCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';

import type { Loopback } from '../loopback.js';

let count = 0;

/** A fresh vault, and a fresh principal with `roles` on all of it. */
export async function vaultFor({ control, agent }: Loopback, ...roles: readonly string[]) {
  count += 1;
  const name = `vault${count}`;
  const { vaultUrl, id } = await control.createVault({ name });
  const principal = await control.createServicePrincipal();
  const { tenantId, clientId, clientSecret, objectId } = principal;
  for (const role of roles) await control.assignRole({ principalId: objectId, role, scope: id });
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, { agent });
  return {
    name,
    id,
    vaultUrl,
    principal,
    credential,
    keys: new KeyClient(vaultUrl, credential, { agent }),
    secrets: new SecretClient(vaultUrl, credential, { agent }),
    crypto: (kid: string) => new CryptographyClient(kid, credential, { agent }),
  };
}

/** What a rejected SDK call tells: status, code, inner code. */
export async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    // The SDK spells the member innerError, the service innererror.
    const { statusCode, code, details } = error as {
      statusCode?: number;
      code?: string;
      details?: { error?: { innerError?: { code?: string } } };
    };
    if (statusCode === undefined) throw error;
    const inner = details?.error?.innerError?.code;
    return { status: statusCode, code, ...(inner !== undefined && { inner }) };
  }
  return 'no refusal';
}
