/**
 * Keys, secrets and certificates side by side: where each is stored, how it is shown and which
 * data actions its lifecycle needs.
 */
import { attributesBody, certificateBundle, idOf, keyBundle, secretBundle } from './bodies.js';
import type { Collection } from './bodies.js';
import type { Entry, Version, VersionedStore } from './versioned-store.js';
import type { CertificateVersion, KeyVersion, SecretVersion, Vault } from './vaults.js';

/** One kind of object in a vault. */
export interface Kind<V extends Version> {
  readonly collection: Collection;
  readonly label: 'Key' | 'Secret' | 'Certificate';
  /** Data actions, without `Microsoft.KeyVault/vaults/`. */
  readonly actions: { readonly list: string; readonly delete: string };
  store(vault: Vault): VersionedStore<V>;
  /** The whole object, as after a delete or restore. */
  bundle(vault: Vault, entry: Entry<V>, version: V): object;
  /** An element of a list; with its version in lists of versions. */
  item(vault: Vault, entry: Entry<V>, version: V, versioned: boolean): object;
}

export const keyKind: Kind<KeyVersion> = {
  collection: 'keys',
  label: 'Key',
  actions: { list: 'keys/read', delete: 'keys/delete' },
  store: (vault) => vault.keys,
  bundle: keyBundle,
  item: (vault, entry, key, versioned) => ({
    kid: idOf(vault, 'keys', entry.name, versioned ? key.version : undefined),
    attributes: attributesBody(key),
    tags: key.tags,
    ...(entry.managed && { managed: true }),
  }),
};

export const secretKind: Kind<SecretVersion> = {
  collection: 'secrets',
  label: 'Secret',
  actions: { list: 'secrets/readMetadata/action', delete: 'secrets/delete' },
  store: (vault) => vault.secrets,
  bundle: (vault, entry, secret) => secretBundle(vault, entry, secret, false),
  item: (vault, entry, secret, versioned) => ({
    ...secretBundle(vault, entry, secret, false),
    id: idOf(vault, 'secrets', entry.name, versioned ? secret.version : undefined),
  }),
};

export const certificateKind: Kind<CertificateVersion> = {
  collection: 'certificates',
  label: 'Certificate',
  actions: { list: 'certificates/read', delete: 'certificates/delete' },
  store: (vault) => vault.certificates,
  bundle: certificateBundle,
  item: (vault, entry, certificate, versioned) => ({
    id: idOf(vault, 'certificates', entry.name, versioned ? certificate.version : undefined),
    attributes: attributesBody(certificate),
    tags: certificate.tags,
  }),
};
