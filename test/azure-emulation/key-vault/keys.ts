/** The requests to `/keys`: create, import, get, update, rotate, sign and verify. */
import type { Answer } from '../core/call.js';
import { keyBundle } from './bodies.js';
import { signWith, verifyWith } from './key-operations.js';
import { keyKind } from './kinds.js';
import { lifecycle } from './lifecycle.js';
import type { VaultCall } from './lifecycle.js';
import { badParameter, forbidden, notFound } from './refusals.js';
import { bodyOf, update } from './requests.js';
import { createKeyVersion, importKeyVersion } from './versions.js';
import type { KeyVersion } from './vaults.js';

/** Serves `/keys/...`. */
export async function keys(request: VaultCall): Promise<Answer | undefined> {
  const common = lifecycle(keyKind, request);
  if (common !== undefined) return common;
  const { call, vault, require, clock } = request;
  const [, name = '', second = '', third] = call.segments;
  const object = `keys/${name}`;
  const answer = (key: KeyVersion): Answer => {
    const entry = vault.keys.entry(name);
    if (entry === undefined) throw notFound('Key', name);
    return { status: 200, body: keyBundle(vault, entry, key) };
  };
  const find = (version: string): KeyVersion => {
    const key = vault.keys.get(name, version);
    if (key === undefined) throw notFound('Key', `${name}/${version}`);
    return key;
  };
  if (call.method === 'GET' && third === undefined && second !== 'rotationpolicy') {
    require('keys/read', object);
    return answer(find(second));
  }
  if (call.method === 'PUT' && call.segments.length === 2) {
    require('keys/import/action', object);
    return answer(importKeyVersion(vault, name, bodyOf(call), clock));
  }
  if (call.method === 'PATCH') {
    require('keys/update/action', object);
    const key = find(second);
    if (vault.keys.entry(name)?.managed === true) {
      throw forbidden('OperationNotAllowed', 'The key is managed by its certificate.');
    }
    const body = bodyOf(call);
    update(key, body, clock);
    if (Array.isArray(body.key_ops)) key.ops = body.key_ops.map(String);
    return answer(key);
  }
  if (call.method !== 'POST') return undefined;
  if (third === undefined) {
    switch (second) {
      case 'create':
        require('keys/create/action', object);
        return answer(await createKeyVersion(vault, name, bodyOf(call), clock));
      case 'rotate':
        require('keys/rotate/action', object);
        return answer(await rotate(request, name, find('')));
      default:
        return undefined;
    }
  }
  switch (third) {
    case 'sign': {
      require('keys/sign/action', object);
      const key = find(second);
      const value = signWith(key, bodyOf(call), clock);
      return { status: 200, body: { kid: `${vault.url}/keys/${name}/${key.version}`, value } };
    }
    case 'verify':
      require('keys/verify/action', object);
      return { status: 200, body: { value: verifyWith(find(second), bodyOf(call)) } };
    case 'encrypt':
    case 'decrypt':
    case 'wrapkey':
    case 'unwrapkey':
      throw badParameter(`The emulator does not ${third}.`);
    default:
      return undefined;
  }
}

/** A new version of the same kind as `key`. */
async function rotate(request: VaultCall, name: string, key: KeyVersion): Promise<KeyVersion> {
  const body = {
    kty: key.kty,
    crv: key.crv,
    key_size: key.privateKey.asymmetricKeyDetails?.modulusLength,
    key_ops: key.ops,
    tags: key.tags,
  };
  return createKeyVersion(request.vault, name, body, request.clock);
}
