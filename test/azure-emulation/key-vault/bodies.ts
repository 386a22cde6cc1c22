/** The JSON that Key Vault answers with. Nothing private is ever written here. */
import type { JsonWebKey } from 'node:crypto';
import { createHash } from 'node:crypto';

import { publicJwk } from './key-material.js';
import type { Entry, Version } from './versioned-store.js';
import type { CertificateVersion, KeyVersion, SecretVersion, Vault } from './vaults.js';

const recoverableDays = 90;

/** The collections of a vault, as they are spelt in URLs. */
export type Collection = 'keys' | 'secrets' | 'certificates';

/** Id of an object, with version when given. */
export function idOf(vault: Vault, kind: Collection, name: string, version?: string): string {
  const base = `${vault.url}/${kind}/${name}`;
  return version === undefined ? base : `${base}/${version}`;
}

/** The attributes of a version. */
export function attributesBody(v: Version): Record<string, unknown> {
  return { ...v.attributes, recoveryLevel: 'Recoverable+Purgeable', recoverableDays };
}

/** What a create, import, get or update of a key answers. */
export function keyBundle(
  vault: Vault,
  entry: Entry<KeyVersion>,
  key: KeyVersion,
): { readonly key: JsonWebKey; readonly attributes: object } {
  return {
    key: {
      kid: idOf(vault, 'keys', entry.name, key.version),
      ...publicJwk(key),
      key_ops: [...key.ops],
    },
    attributes: { ...attributesBody(key), exportable: false },
    ...(Object.keys(key.tags).length > 0 && { tags: key.tags }),
    ...(entry.managed && { managed: true }),
  };
}

/** What a set or get of a secret answers; `withValue` is false in lists and after an update. */
export function secretBundle(
  vault: Vault,
  entry: Entry<SecretVersion>,
  secret: SecretVersion,
  withValue: boolean,
): object {
  return {
    ...(withValue && { value: secret.value }),
    ...(secret.contentType !== undefined && { contentType: secret.contentType }),
    id: idOf(vault, 'secrets', entry.name, secret.version),
    ...(entry.managed && {
      managed: true,
      kid: idOf(vault, 'keys', entry.name, secret.version),
    }),
    attributes: attributesBody(secret),
    tags: secret.tags,
  };
}

/** What a get of a certificate answers. */
export function certificateBundle(
  vault: Vault,
  entry: Entry<CertificateVersion>,
  certificate: CertificateVersion,
): object {
  const { name } = entry;
  const { version } = certificate;
  return {
    id: idOf(vault, 'certificates', name, version),
    kid: idOf(vault, 'keys', name, version),
    sid: idOf(vault, 'secrets', name, version),
    x5t: createHash('sha1').update(certificate.certificate).digest('base64url'),
    cer: certificate.certificate.toString('base64'),
    attributes: attributesBody(certificate),
    policy: { id: `${idOf(vault, 'certificates', name)}/policy`, ...certificate.policy },
    tags: certificate.tags,
  };
}

/** What is added to a body once its object is deleted. */
export function deletion(vault: Vault, kind: Collection, entry: Entry<Version>): object {
  const deletedDate = entry.deletedAt ?? 0;
  return {
    recoveryId: `${vault.url}/deleted${kind}/${entry.name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + recoverableDays * 86_400,
  };
}
