/** Control of vaults, their secrets and certificates; acts as an owner of the vault would, without roles. */
import type { AccessPolicy } from '../key-vault/access-policies.js';
import { extendedKeyUsages } from '../crypto/certificate.js';
import { idOf } from '../key-vault/bodies.js';
import { addCertificate } from '../key-vault/make-certificate.js';
import type { CertificateContentType } from '../key-vault/make-certificate.js';
import { setSecretVersion } from '../key-vault/versions.js';
import type { EmulatorParts } from '../parts.js';
import { plainly } from './plainly.js';

/** The calls; all arguments and results are JSON. */
export function vaultControl({ entra, homeTenant, vaults, resourceGroup, clock }: EmulatorParts) {
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

    /** Deletes a secret; it can be recovered and its name stays taken. */
    softDeleteSecret: (vaultName: string, name: string) => {
      const deleted = vaults.named(vaultName).secrets.delete(name, clock.seconds());
      if (deleted === undefined) throw new Error(`there is no secret ${name} to delete`);
      return Promise.resolve();
    },

    /** Gives a deleted secret up for good; its name is free again. */
    purgeSecret: (vaultName: string, name: string) => {
      const purged = vaults.named(vaultName).secrets.purge(name);
      if (!purged) throw new Error(`there is no deleted secret ${name} to purge`);
      return Promise.resolve();
    },

    /** Deletes a certificate with its key and secret; it can be recovered and its name stays taken. */
    softDeleteCertificate: (vaultName: string, name: string) => {
      const { certificates, keys, secrets } = vaults.named(vaultName);
      for (const store of [certificates, keys, secrets]) store.delete(name, clock.seconds());
      if (certificates.deleted(name)) return Promise.resolve();
      throw new Error(`there is no certificate ${name} to delete`);
    },

    /** Gives a deleted certificate up for good, with its key and secret. */
    purgeCertificate: (vaultName: string, name: string) => {
      const { certificates, keys, secrets } = vaults.named(vaultName);
      const purged = [certificates, keys, secrets].map((store) => store.purge(name));
      if (purged.includes(false)) throw new Error(`there is no deleted certificate ${name}`);
      return Promise.resolve();
    },

    /** Makes a certificate with its key and secret; answers its chain too, root last. */
    createCertificate: async (options: {
      readonly vault: string;
      readonly name: string;
      /** As a certificate policy has it. Default: `CN=<name>`. */
      readonly subject?: string;
      /** Default: `digitalSignature`. */
      readonly keyUsage?: readonly string[];
      /** Default: code signing. */
      readonly ekus?: readonly string[];
      /** Default: `Self`. */
      readonly issuer?: 'Self' | 'Unknown';
      /** Whether its authorities' certificates were merged with it. Default: true. */
      readonly chainInSecret?: boolean;
      readonly kty?: 'EC' | 'RSA';
      /** Default: P-256. */
      readonly crv?: 'P-256' | 'P-384' | 'P-521';
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
        addCertificate(
          vault,
          {
            name,
            subject: options.subject ?? `CN=${name}`,
            keyUsage: options.keyUsage ?? ['digitalSignature'],
            ekus: options.ekus ?? [extendedKeyUsages.codeSigning],
            issuer: options.issuer ?? 'Self',
            chainInSecret: options.chainInSecret ?? true,
            kty: hsm ? `${kty}-HSM` : kty,
            ...(kty === 'EC' && { crv: options.crv ?? 'P-256' }),
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
        chain: certificate.chain.map((der) => der.toString('base64')),
      };
    },
  };
}
