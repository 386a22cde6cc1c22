/** Control of vaults and what is in them; acts as an owner of the vault would, without roles. */
import type { JsonWebKey } from 'node:crypto';

import { Refusal } from '../core/call.js';
import type { AccessPolicy } from '../key-vault/access-policies.js';
import { idOf, keyBundle } from '../key-vault/bodies.js';
import { pemToJwk } from '../key-vault/key-material.js';
import { makeCertificate } from '../key-vault/make-certificate.js';
import type { CertificateContentType } from '../key-vault/make-certificate.js';
import { createKeyVersion, importKeyVersion, setSecretVersion } from '../key-vault/versions.js';
import type { KeyVersion, Vault } from '../key-vault/vaults.js';
import type { World } from '../world.js';

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
export function vaultControl({ entra, homeTenant, vaults, resourceGroup, clock }: World) {
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
    /** Makes a vault; by default one that goes by roles (RBAC) and takes HSM keys. */
    createVault: (options: {
      readonly name: string;
      readonly tenantId?: string;
      readonly sku?: 'standard' | 'premium';
      /** Go by access policies instead of roles. Default: false. */
      readonly accessPolicies?: boolean;
    }) => {
      const { name, tenantId = homeTenant.id, sku = 'premium' } = options;
      const policies = options.accessPolicies === true ? { policies: new Map() } : {};
      const cloud = entra.directory.tenant(tenantId)?.cloud ?? homeTenant.cloud;
      const id = `${resourceGroup}/providers/Microsoft.KeyVault/vaults/${name}`;
      const vault = vaults.add({ name, id, tenantId, cloud, sku, ...policies });
      return Promise.resolve({ vaultUrl: vault.url, id: vault.id });
    },

    /** Sets what a principal (object id) may do in a vault that goes by access policies. */
    setAccessPolicy: (
      options: AccessPolicy & { readonly vault: string; readonly principalId: string },
    ) => {
      const { vault: vaultName, principalId, ...policy } = options;
      const { policies } = vaults.named(vaultName);
      if (policies === undefined) throw new Error(`the vault ${vaultName} goes by roles`);
      policies.set(principalId, policy);
      return Promise.resolve();
    },

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

    /** Changes attributes or operations of a version; without `version` of the newest. */
    setKeyAttributes: (
      options: KeyAttributes & {
        readonly vault: string;
        readonly name: string;
        readonly version?: string;
        readonly ops?: readonly string[];
      },
    ) => {
      const key = keyOf(vaults.named(options.vault), options.name, options.version);
      Object.assign(key.attributes, attributesOf(options));
      if (options.ops !== undefined) key.ops = [...options.ops];
      return Promise.resolve();
    },

    /** Deletes a key; it can be recovered and its name stays taken. */
    softDeleteKey: (vaultName: string, name: string) => {
      const deleted = vaults.named(vaultName).keys.delete(name, clock.seconds());
      if (deleted === undefined) throw new Error(`there is no key ${name} to delete`);
      return Promise.resolve();
    },

    /** Sets a secret, or a new version of it. */
    setSecret: async (options: {
      readonly vault: string;
      readonly name: string;
      readonly value: string;
      readonly contentType?: string;
      readonly enabled?: boolean;
    }) => {
      const vault = vaults.named(options.vault);
      const { name, value, contentType, enabled = true } = options;
      const body = { value, contentType, attributes: { enabled } };
      const secret = await plainly(() => setSecretVersion(vault, name, body, clock));
      return { id: idOf(vault, 'secrets', name, secret.version), version: secret.version };
    },

    /** Makes a self-signed certificate with its key and secret. */
    createCertificate: async (options: {
      readonly vault: string;
      readonly name: string;
      /** Default: the name. */
      readonly commonName?: string;
      readonly kty?: 'EC' | 'RSA';
      readonly size?: number;
      readonly hsm?: boolean;
      /** Default: true. */
      readonly exportable?: boolean;
      /** Default: application/x-pem-file. */
      readonly contentType?: CertificateContentType;
      /** Seconds since 1970. Default: in a year. */
      readonly expires?: number;
      readonly enabled?: boolean;
    }) => {
      const vault = vaults.named(options.vault);
      const { name, kty = 'EC', hsm = false } = options;
      const certificate = await plainly(() =>
        makeCertificate(
          vault,
          {
            name,
            commonName: options.commonName ?? name,
            kty: hsm ? `${kty}-HSM` : kty,
            ...(kty === 'EC' && { crv: 'P-256' }),
            ...(options.size !== undefined && { size: options.size }),
            exportable: options.exportable ?? !hsm,
            contentType: options.contentType ?? 'application/x-pem-file',
            expires: options.expires ?? clock.seconds() + 365 * 86_400,
            enabled: options.enabled ?? true,
          },
          clock,
        ),
      );
      const { version } = certificate;
      return {
        id: idOf(vault, 'certificates', name, version),
        kid: idOf(vault, 'keys', name, version),
        sid: idOf(vault, 'secrets', name, version),
        cer: certificate.certificate.toString('base64'),
      };
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

/** Turns the refusal a request would have got into an error that a test can read. */
async function plainly<T>(make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof Refusal)
      throw new Error(JSON.stringify(error.answer.body), { cause: error });
    throw error;
  }
}
