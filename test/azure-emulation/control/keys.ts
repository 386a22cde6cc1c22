/** Control of the keys in a vault; acts as an owner of the vault would, without roles. */
import type { JsonWebKey } from 'node:crypto';

import { idOf, keyBundle } from '../key-vault/bodies.js';
import { pemToJwk } from '../key-vault/key-material.js';
import { createKeyVersion, importKeyVersion } from '../key-vault/versions.js';
import type { KeyVersion, Vault } from '../key-vault/vaults.js';
import type { EmulatorParts } from '../parts.js';
import { plainly } from './plainly.js';

/** Times are seconds since 1970. */
interface KeyAttributes {
  readonly enabled?: boolean;
  readonly notBefore?: number;
  readonly expires?: number;
}

/** A key as it can be known outside the vault. */
export interface PublicKeyInfo {
  /** Full id with version. */
  readonly kid: string;
  readonly version: string;
  readonly jwk: JsonWebKey;
}

/** What a new key is to be. */
export interface NewKey extends KeyAttributes {
  readonly vault: string;
  readonly name: string;
  readonly kty: 'EC' | 'RSA';
  /** Default: P-256. */
  readonly crv?: 'P-256' | 'P-256K' | 'P-384' | 'P-521';
  /** Bits of an RSA key. Default: 2048. */
  readonly size?: number;
  readonly ops?: readonly string[];
  readonly hsm?: boolean;
}

/** A key made elsewhere; give one of `pem` (PKCS#8 or SEC1, not encrypted) and `jwk`. */
export interface ImportedKey extends KeyAttributes {
  readonly vault: string;
  readonly name: string;
  readonly pem?: string;
  readonly jwk?: Readonly<Record<string, unknown>>;
  readonly ops?: readonly string[];
  readonly hsm?: boolean;
}

/** The calls; all arguments and results are JSON. */
export function keyControl({ vaults, clock }: EmulatorParts) {
  const info = (vault: Vault, name: string, key: KeyVersion): PublicKeyInfo => {
    const entry = vault.keys.entry(name);
    if (entry === undefined) throw new Error(`the key ${name} is not there`);
    return {
      kid: idOf(vault, 'keys', name, key.version),
      version: key.version,
      jwk: keyBundle(vault, entry, key).key,
    };
  };
  const keyOf = (vault: Vault, name: string, version?: string): KeyVersion => {
    const key = vault.keys.get(name, version);
    if (key === undefined) throw new Error(`there is no key ${name} in ${vault.host}`);
    return key;
  };
  return {
    /** Makes a key, or a new version of it. */
    createKey: async ({ vault: vaultName, name, kty, hsm = false, ...rest }: NewKey) => {
      const vault = vaults.named(vaultName);
      const body = {
        kty: hsm ? `${kty}-HSM` : kty,
        crv: rest.crv,
        key_size: rest.size,
        key_ops: rest.ops,
        attributes: attributesOf(rest),
      };
      const key = await plainly(() => createKeyVersion(vault, name, body, clock));
      return info(vault, name, key);
    },

    /** Brings a private key into the vault. */
    importKey: async ({ vault: vaultName, name, pem, jwk, ops, hsm, ...rest }: ImportedKey) => {
      const vault = vaults.named(vaultName);
      const material = pem === undefined ? jwk : pemToJwk(pem);
      const body = {
        key: { ...material, key_ops: ops },
        Hsm: hsm === true,
        attributes: attributesOf(rest),
      };
      const key = await plainly(() => importKeyVersion(vault, name, body, clock));
      return info(vault, name, key);
    },

    /** Adds a version of the same kind as the newest one. */
    rotateKey: async (vaultName: string, name: string) => {
      const vault = vaults.named(vaultName);
      const { kty, crv, ops, privateKey } = keyOf(vault, name);
      const key_size = privateKey.asymmetricKeyDetails?.modulusLength;
      const body = { kty, crv, key_size, key_ops: ops };
      return info(vault, name, await plainly(() => createKeyVersion(vault, name, body, clock)));
    },

    /** What a vault would tell of a key, and in which kind of memory it is. */
    keyOf: (vaultName: string, name: string) => {
      const vault = vaults.named(vaultName);
      const key = keyOf(vault, name);
      return Promise.resolve({ ...info(vault, name, key), kty: key.kty, tags: key.tags });
    },

    /** The names of all keys in a vault that are not deleted. */
    keyNames: (vaultName: string) =>
      Promise.resolve(
        vaults
          .named(vaultName)
          .keys.list()
          .map(({ name }) => name),
      ),

    /** Changes attributes, operations or tags of a version; without `version` of the newest. */
    setKeyAttributes: (
      options: KeyAttributes & {
        readonly vault: string;
        readonly name: string;
        readonly version?: string;
        readonly ops?: readonly string[];
        readonly tags?: Readonly<Record<string, string>>;
      },
    ) => {
      const key = keyOf(vaults.named(options.vault), options.name, options.version);
      Object.assign(key.attributes, attributesOf(options));
      if (options.ops !== undefined) key.ops = [...options.ops];
      if (options.tags !== undefined) key.tags = options.tags;
      return Promise.resolve();
    },

    /** Deletes a key; it can be recovered and its name stays taken. */
    softDeleteKey: (vaultName: string, name: string) => {
      const deleted = vaults.named(vaultName).keys.delete(name, clock.seconds());
      if (deleted === undefined) throw new Error(`there is no key ${name} to delete`);
      return Promise.resolve();
    },

    /** Gives a deleted key up for good; its name is free again. */
    purgeKey: (vaultName: string, name: string) => {
      const purged = vaults.named(vaultName).keys.purge(name);
      if (!purged) throw new Error(`there is no deleted key ${name} to purge`);
      return Promise.resolve();
    },
  };
}

function attributesOf({ enabled, notBefore, expires }: KeyAttributes): Record<string, unknown> {
  return {
    ...(enabled !== undefined && { enabled }),
    ...(notBefore !== undefined && { nbf: notBefore }),
    ...(expires !== undefined && { exp: expires }),
  };
}
