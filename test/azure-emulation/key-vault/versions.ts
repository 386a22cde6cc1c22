/** Makes the versions of keys and secrets that requests and the control ask for. */
import { text } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { versionId } from '../core/ids.js';
import { defaultOps, generateKey, importedKey } from './key-material.js';
import type { KeyKind } from './key-material.js';
import { badParameter, conflict } from './refusals.js';
import { newAttributes, tagsOf } from './requests.js';
import type { KeyObject } from 'node:crypto';
import type { Version, VersionedStore } from './versioned-store.js';
import type { KeyVersion, SecretVersion, Vault } from './vaults.js';

type Body = Readonly<Record<string, unknown>>;

/** Generates a key as `POST /keys/<name>/create` asks. @throws Refusal (400, 409). */
export async function createKeyVersion(
  vault: Vault,
  name: string,
  body: Body,
  clock: Clock,
): Promise<KeyVersion> {
  checkName(name);
  checkSku(vault, text(body.kty));
  const made = await generateKey(text(body.kty), body.crv, body.key_size);
  return addKey(vault, name, made, body, body.key_ops, clock);
}

/** Imports a key as `PUT /keys/<name>` asks. @throws Refusal (400, 409). */
export function importKeyVersion(vault: Vault, name: string, body: Body, clock: Clock): KeyVersion {
  checkName(name);
  const read = importedKey(body.key);
  const kty = body.Hsm === true && !read.kty.endsWith('-HSM') ? `${read.kty}-HSM` : read.kty;
  checkSku(vault, kty);
  const ops = (body.key as Body).key_ops;
  return addKey(vault, name, { ...read, kty: kty as KeyVersion['kty'] }, body, ops, clock);
}

/** Sets a secret as `PUT /secrets/<name>` asks. @throws Refusal (400, 409). */
export function setSecretVersion(
  vault: Vault,
  name: string,
  body: Body,
  clock: Clock,
): SecretVersion {
  checkName(name);
  const value = text(body.value);
  if (value === undefined) throw badParameter('The property value must be a string.');
  // Documented limit of the service.
  if (Buffer.byteLength(value) > 25_600) throw badParameter('The secret exceeds 25 KB.');
  const contentType = text(body.contentType);
  return addTo(vault.secrets, name, {
    version: versionId(),
    value,
    ...(contentType !== undefined && { contentType }),
    attributes: newAttributes(body.attributes, clock),
    tags: tagsOf(body.tags),
  });
}

/** Adds a version. @throws Refusal (409) when the name is deleted but not purged. */
export function addTo<V extends Version>(
  store: VersionedStore<V>,
  name: string,
  version: V,
  managed = false,
): V {
  const added = store.add(name, version, managed);
  if (added === undefined) {
    throw conflict(
      'ObjectIsDeletedButRecoverable',
      `${name} is deleted but can be recovered; the name stays taken until it is purged.`,
    );
  }
  return added;
}

function addKey(
  vault: Vault,
  name: string,
  key: KeyKind & { readonly privateKey: KeyObject },
  body: Body,
  ops: unknown,
  clock: Clock,
): KeyVersion {
  return addTo(vault.keys, name, {
    version: versionId(),
    kty: key.kty,
    ...(key.crv !== undefined && { crv: key.crv }),
    privateKey: key.privateKey,
    ops: Array.isArray(ops) ? ops.map(String) : defaultOps(key.kty),
    attributes: newAttributes(body.attributes, clock),
    tags: tagsOf(body.tags),
  });
}

function checkName(name: string): void {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
    throw badParameter('A name has 1 to 127 letters, digits and dashes.');
  }
}

function checkSku(vault: Vault, kty: string | undefined): void {
  if (vault.sku === 'standard' && kty?.endsWith('-HSM') === true) {
    throw badParameter(`Keys of type ${kty} need a vault of the premium tier.`);
  }
}
