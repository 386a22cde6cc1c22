/** The requests to `/secrets`: set, get and update. */
import { text } from '../core/call.js';
import type { Answer } from '../core/call.js';
import { secretBundle } from './bodies.js';
import { secretKind } from './kinds.js';
import { lifecycle } from './lifecycle.js';
import type { VaultCall } from './lifecycle.js';
import { forbidden, notFound } from './refusals.js';
import { bodyOf, update } from './requests.js';
import { setSecretVersion } from './versions.js';
import type { SecretVersion } from './vaults.js';

/** Serves `/secrets/...`. */
export function secrets(request: VaultCall): Answer | undefined {
  const common = lifecycle(secretKind, request);
  if (common !== undefined) return common;
  const { call, vault, require, clock } = request;
  const [, name = '', version = '', more] = call.segments;
  if (more !== undefined) return undefined;
  const object = `secrets/${name}`;
  const answer = (secret: SecretVersion, withValue: boolean): Answer => {
    const entry = vault.secrets.entry(name);
    if (entry === undefined) throw notFound('Secret', name);
    return { status: 200, body: secretBundle(vault, entry, secret, withValue) };
  };
  const find = (): SecretVersion => {
    const secret = vault.secrets.get(name, version);
    if (secret === undefined) throw notFound('Secret', `${name}/${version}`);
    return secret;
  };
  switch (call.method) {
    case 'GET': {
      require('secrets/getSecret/action', object);
      const secret = find();
      if (!secret.attributes.enabled) {
        throw forbidden('SecretDisabled', 'Operation get is not allowed on a disabled secret.');
      }
      const { exp } = secret.attributes;
      // A plain secret can be read after its expiry; one that belongs to a certificate cannot.
      if (
        vault.secrets.entry(name)?.managed === true &&
        exp !== undefined &&
        exp <= clock.seconds()
      ) {
        throw forbidden('SecretExpired', 'Operation get is not allowed: the certificate expired.');
      }
      return answer(secret, true);
    }
    case 'PUT':
      require('secrets/setSecret/action', object);
      return answer(setSecretVersion(vault, name, bodyOf(call), clock), true);
    case 'PATCH': {
      require('secrets/update/action', object);
      const secret = find();
      const body = bodyOf(call);
      update(secret, body, clock);
      const contentType = text(body.contentType);
      if (contentType !== undefined) secret.contentType = contentType;
      return answer(secret, false);
    }
    default:
      return undefined;
  }
}
