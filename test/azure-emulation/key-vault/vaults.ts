/** The vaults that exist and what is in them. Owns the records; it answers no request. */
import type { KeyObject } from 'node:crypto';

import type { Cloud } from '../core/clouds.js';
import type { AccessPolicies } from './access-policies.js';
import { createVersionedStore } from './versioned-store.js';
import type { Version, VersionedStore } from './versioned-store.js';

/** A version of a key; the private part stays in here. */
export interface KeyVersion extends Version {
  readonly kty: 'EC' | 'EC-HSM' | 'RSA' | 'RSA-HSM';
  /** Curve of an EC key, as Key Vault names it (`P-256K` for secp256k1). */
  readonly crv?: string;
  readonly privateKey: KeyObject;
  ops: readonly string[];
}

/** A version of a secret. */
export interface SecretVersion extends Version {
  readonly value: string;
  contentType?: string;
}

/** A version of a certificate; key and secret of the same name and version belong to it. */
export interface CertificateVersion extends Version {
  /** DER bytes. */
  readonly certificate: Buffer;
  readonly policy: Readonly<Record<string, unknown>>;
}

/** A vault. */
export interface Vault {
  readonly name: string;
  readonly host: string;
  /** `https://<host>`, without a trailing slash. */
  readonly url: string;
  /** ARM id. */
  readonly id: string;
  readonly tenantId: string;
  readonly cloud: Cloud;
  readonly sku: 'standard' | 'premium';
  /** Given, the vault goes by policies; otherwise by roles. */
  readonly policies?: AccessPolicies;
  readonly keys: VersionedStore<KeyVersion>;
  readonly secrets: VersionedStore<SecretVersion>;
  readonly certificates: VersionedStore<CertificateVersion>;
}

/** What a new vault is to be. */
export type VaultOptions = Pick<Vault, 'name' | 'id' | 'tenantId' | 'cloud' | 'sku' | 'policies'>;

/** All vaults, by host name. */
export interface Vaults {
  /** @throws Error when the name is taken. */
  add(options: VaultOptions): Vault;
  byHost(host: string): Vault | undefined;
  /** @throws Error when there is no vault of this name. */
  named(name: string): Vault;
  list(): readonly Vault[];
}

/** Makes an empty set of vaults. */
export function createVaults(): Vaults {
  const vaults = new Map<string, Vault>();
  return {
    add: (options) => {
      const name = options.name.toLowerCase();
      const host = `${name}.${options.cloud.vaultSuffix}`;
      if (vaults.has(host)) throw new Error(`the vault ${host} exists already`);
      const vault: Vault = {
        ...options,
        name,
        host,
        url: `https://${host}`,
        keys: createVersionedStore(),
        secrets: createVersionedStore(),
        certificates: createVersionedStore(),
      };
      vaults.set(host, vault);
      return vault;
    },
    byHost: (host) => vaults.get(host),
    list: () => [...vaults.values()],
    named: (name) => {
      const wanted = name.toLowerCase();
      const found = [...vaults.values()].find((v) => v.name === wanted);
      if (found === undefined) throw new Error(`there is no vault named ${name}`);
      return found;
    },
  };
}
