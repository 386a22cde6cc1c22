/**
 * The record of root keys at a signing key: a tag with their IDs, written by whoever owns the keys and
 * read by whoever signs with them. A trust server cannot write it, so it says which root is genuine.
 */
import type { TokenCredential } from '@azure/core-auth';
import { CertificateClient } from '@azure/keyvault-certificates';
import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';

import { TrustError, isTrustError } from '../../errors.js';
import type { Log, Secrets } from '../../ports.js';
import { formatKeyReference, type VaultReference } from '../../signing/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import { callVault, type VaultOptions } from './call.js';
import type { VaultOperation } from './wording.js';
import { clientOptions } from './pipeline.js';
import { listVaultKeys } from './list-keys.js';
import { getKey, type VaultKeyInfo } from './read-key.js';
import { readSecretVersion } from './read-secret.js';
import { failed } from './error-mapping.js';
import type { Tags } from './tags.js';

/** The tag of the record; further IDs go to the same name with `-2`, `-3` and `-4`. */
const rootTag = 'acr-content-trust-root';

/** What Key Vault bears: 15 tags of 256 characters, of which an ID takes 64 and a comma. */
const most = { tags: 15, idsInTag: 3, recordTags: 4 } as const;

/** Canonical key IDs, as one tag lists them. */
const listOfIds = /^\s*[0-9a-f]{64}(?:[\s,]+[0-9a-f]{64})*[\s,]*$/i;

/**
 * The root keys that the tags of an object record, by their canonical IDs.
 * @throws {TrustError} TRUST_ANCHOR_INVALID for a record that cannot be read: it is not passed over, since
 * whoever wrote it wanted the key to be bound.
 */
export function recordedRoots(tags: Tags, reference: VaultReference): readonly KeyId[] {
  const ids = Object.entries(tags).flatMap(([name, value]) => {
    if (!isRecordTag(name)) return [];
    if (listOfIds.test(value)) return value.toLowerCase().match(/[0-9a-f]{64}/g) ?? [];
    throw new TrustError(
      'TRUST_ANCHOR_INVALID',
      `The tag ${name} of ${formatKeyReference(reference)} does not hold the IDs of root keys`,
      {
        remedy:
          'Ask the owner of the keys to correct the tag: one to three key IDs of 64 hex digits, with ' +
          'commas between them.',
      },
    );
  });
  return [...new Set(ids)];
}

/** How a record is to change. */
export interface RecordChange {
  /** Root keys that are to be in it, canonical IDs. */
  readonly add: readonly KeyId[];
  /** Root keys that are to leave it. */
  readonly remove?: readonly KeyId[] | undefined;
}

/** All tags that an object has once its record is changed; undefined where they do not fit. */
export function tagsWithRecord(
  tags: Tags,
  reference: VaultReference,
  { add, remove = [] }: RecordChange,
): Tags | undefined {
  const before = recordedRoots(tags, reference).filter((id) => !remove.includes(id));
  const ids = [...new Set([...before, ...add])];
  const others = Object.entries(tags).filter(([name]) => !isRecordTag(name));
  const record: [string, string][] = [];
  for (let from = 0; from < ids.length; from += most.idsInTag) {
    const name = from === 0 ? rootTag : `${rootTag}-${record.length + 1}`;
    record.push([name, ids.slice(from, from + most.idsInTag).join(',')]);
  }
  if (record.length > most.recordTags || others.length + record.length > most.tags) {
    return undefined;
  }
  return Object.fromEntries([...others, ...record]);
}

/** What became of a record. */
type RecordOutcome =
  | { readonly state: 'recorded' | 'unchanged' }
  | {
      readonly state: 'refused';
      readonly error: TrustError;
      /** The object with its version, and all the tags it should have; undefined if not known. */
      readonly wanted: { readonly reference: VaultReference; readonly tags: Tags } | undefined;
    };

/**
 * Writes the record at a key, certificate or secret; without a version at the newest one. Asks for no
 * change where there is none to make, so that reading is enough then.
 * @throws {TrustError} INTERRUPTED; whatever else keeps it from being written is a result
 */
export async function recordRoots(
  reference: VaultReference,
  change: RecordChange,
  credential: TokenCredential,
  options: VaultOptions & { readonly secrets: Secrets },
): Promise<RecordOutcome> {
  let wanted: { readonly reference: VaultReference; readonly tags: Tags } | undefined;
  try {
    const found = await readTags(reference, credential, options);
    const tags = tagsWithRecord(found.tags, reference, change);
    const operation = { reference: found.reference, action: 'update' } as const;
    if (!tags) throw failed(operation, 'it has no room for another tag', undefined, noRoom);
    wanted = { reference: found.reference, tags };
    if (isSame(found.tags, tags)) return { state: 'unchanged' };
    if (found.isManaged) {
      throw failed(operation, 'it belongs to a certificate', undefined, nameCertificate);
    }
    await writeTags(operation, tags, credential, options);
    return { state: 'recorded' };
  } catch (error) {
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return { state: 'refused', error, wanted };
  }
}

const noRoom =
  'Remove tags of the object, or have runs with it name the root key in the input `trust-pin`.';
const nameCertificate =
  'Name the certificate in place of its key: the record is kept at the certificate.';

interface FoundTags {
  readonly tags: Tags;
  /** With the version. */
  readonly reference: VaultReference;
  /** A key that Key Vault changes with its certificate only. */
  readonly isManaged: boolean;
}

async function readTags(
  reference: VaultReference,
  credential: TokenCredential,
  options: VaultOptions & { readonly secrets: Secrets },
): Promise<FoundTags> {
  const { vaultUrl, name, version: asked } = reference;
  const operation = { reference, action: 'get' } as const;
  const found = (tags: Tags | undefined, version: string | undefined, isManaged = false) => {
    if (version === undefined) throw failed(operation, 'its response names no version');
    return { tags: tags ?? {}, reference: { ...reference, version }, isManaged };
  };
  switch (reference.kind) {
    case 'vault-key': {
      const client = new KeyClient(vaultUrl, credential, clientOptions(credential));
      const { properties } = await getKey(client, operation, options);
      return found(properties.tags, properties.version, properties.managed === true);
    }
    case 'vault-certificate': {
      const client = new CertificateClient(vaultUrl, credential, clientOptions(credential));
      const { properties } = await callVault(operation, options, (call) =>
        asked === undefined
          ? client.getCertificate(name, call)
          : client.getCertificateVersion(name, asked, call),
      );
      return found(properties.tags, properties.version);
    }
    case 'vault-secret': {
      const { value, tags, version } = await readSecretVersion(reference, credential, options);
      options.secrets.mask(value);
      return found(tags, version);
    }
  }
}

async function writeTags(
  operation: VaultOperation,
  tags: Tags,
  credential: TokenCredential,
  options: VaultOptions,
): Promise<void> {
  const { vaultUrl, name, version = '', kind } = operation.reference;
  await callVault(operation, options, (call): Promise<unknown> => {
    const change = { ...call, tags: { ...tags } };
    switch (kind) {
      case 'vault-key':
        return new KeyClient(vaultUrl, credential, clientOptions(credential)).updateKeyProperties(
          name,
          version,
          change,
        );
      case 'vault-certificate':
        return new CertificateClient(
          vaultUrl,
          credential,
          clientOptions(credential),
        ).updateCertificateProperties(name, version, change);
      case 'vault-secret':
        return new SecretClient(
          vaultUrl,
          credential,
          clientOptions(credential),
        ).updateSecretProperties(name, version, change);
    }
  });
}

function isRecordTag(name: string): boolean {
  return name === rootTag || /^acr-content-trust-root-[2-4]$/.test(name);
}

function isSame(one: Tags, other: Tags): boolean {
  const [a, b] = [one, other].map((tags) => JSON.stringify(Object.entries(tags).sort()));
  return a === b;
}

/** The keys in some vaults whose record names one of `rootIds`. A vault that cannot be searched is a warning. */
export async function keysWithRecord(
  rootIds: readonly KeyId[],
  vaultUrls: readonly string[],
  credential: TokenCredential,
  { signal, clock, log }: VaultOptions & { readonly log: Log },
): Promise<readonly VaultKeyInfo[]> {
  const found = await Promise.all(
    vaultUrls.map(async (vaultUrl) => {
      try {
        return await listVaultKeys(vaultUrl, credential, { signal, clock });
      } catch (error) {
        if (!isTrustError(error)) throw error;
        log.warn(
          `The keys of ${vaultUrl} could not be searched for records of the old root key: ${error.message}`,
        );
        return [];
      }
    }),
  );
  return found
    .flat()
    .filter(({ tags }) =>
      Object.values(tags).some((text) => rootIds.some((id) => text.includes(id))),
    );
}
