/**
 * An emulated vault over real HTTPS on loopback, and an identity that may use it. Connections of
 * this process to any host end at the emulator, whose certificate is checked for the real name.
 */
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';

import { ClientSecretCredential, type TokenCredential } from '@azure/identity';

import type { Secrets } from '../../../src/ports.js';
import { startLoopback, type Loopback } from '../../azure-emulation/loopback.js';

export const vault = 'contoso';
export const vaultUrl = 'https://contoso.vault.azure.net';

export interface EmulatedVault extends Loopback {
  readonly vaultId: string;
  readonly clientId: string;
  /** May use keys, secrets and certificates of the vault. */
  readonly credential: TokenCredential;
  /** An identity of the same tenant without any role. */
  principalWithoutRoles(): Promise<{
    credential: TokenCredential;
    clientId: string;
    objectId: string;
  }>;
  /** Lets new connections fail in this way until the returned function is called. */
  failConnections(how: keyof typeof failures): () => void;
}

export async function startVault(): Promise<EmulatedVault> {
  const loopback = await startLoopback();
  const { control } = loopback;
  // What Agent's own method would do, but for the address: the SDKs make agents of their own.
  const prototype = Agent.prototype as { createConnection: (options: object) => Duplex };
  const original = prototype.createConnection;
  const toLoopback = (options: object) => streamOf(loopback.agent.createConnection(options));
  prototype.createConnection = toLoopback;
  const { id: vaultId } = await control.createVault({ name: vault });
  const principal = await control.createServicePrincipal();
  for (const role of [
    'Key Vault Crypto User',
    'Key Vault Secrets User',
    'Key Vault Certificate User',
  ]) {
    await control.assignRole({ principalId: principal.objectId, role, scope: vaultId });
  }
  return {
    ...loopback,
    vaultId,
    clientId: principal.clientId,
    credential: credentialOf(principal),
    principalWithoutRoles: async () => {
      const other = await control.createServicePrincipal();
      return { ...other, credential: credentialOf(other) };
    },
    failConnections: (how) => {
      prototype.createConnection = () => streamOf(failures[how](loopback.agent));
      return () => {
        prototype.createConnection = toLoopback;
      };
    },
    close: async () => {
      prototype.createConnection = original;
      await loopback.close();
    },
  };
}

/** Real sockets that really fail. */
const failures = {
  noSuchHost: () =>
    connect({
      host: 'none.invalid',
      port: 443,
      lookup: (host, _options, callback) => {
        const error = new Error(`getaddrinfo ENOTFOUND ${host}`);
        callback(Object.assign(error, { code: 'ENOTFOUND' }), '', 4);
      },
    }),
  // Port 1 of loopback, where nothing listens.
  refused: () => connect({ host: '127.0.0.1', port: 1 }),
  // The server's certificate does not cover this name.
  untrusted: (loopback: Agent) => loopback.createConnection({ host: 'other.example' }),
};

export function credentialOf(principal: {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}): TokenCredential {
  const { tenantId, clientId, clientSecret } = principal;
  return new ClientSecretCredential(tenantId, clientId, clientSecret);
}

/** Remembers what was masked, in order. */
export function recordingSecrets(): Secrets & { readonly masked: string[] } {
  const masked: string[] = [];
  return { masked, mask: (value) => void masked.push(value) };
}

function streamOf(socket: Duplex | null | undefined): Duplex {
  if (!socket) throw new Error('the agent made no connection');
  return socket;
}
