/**
 * Scopes of a token request and the rights they become. Image data is `repository:<repo>`, trust
 * data `repository:<login server>/<repo>`.
 *
 * Decided here, where the vendor documents only roles: writing trust data needs AcrPush and
 * AcrImageSigner together, as the vendor demands of a signer; reading it needs what pulling needs;
 * `*` (delete a collection, rotate a key to the server) goes with the right to sign.
 */
import type { Permission } from './permissions.js';
import type { Registry } from './registries.js';
import type { Holder } from './holders.js';

/** An entry of the `access` claim. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** Reads scopes, each `type:name:action,action`; several may share one string. */
export function parseScopes(scopes: readonly string[]): readonly Access[] {
  return scopes
    .flatMap((scope) => scope.split(' '))
    .flatMap((scope) => {
      const found = /^([a-z]+)(?:\([a-z]+\))?:(.+):([^:]*)$/.exec(scope);
      if (found === null) return [];
      const [, type = '', name = '', actions = ''] = found;
      return [{ type, name, actions: [...new Set(actions.split(',').filter((a) => a !== ''))] }];
    });
}

/** The part of `wanted` that `holder` may have; entries without any action are left out. */
export function grant(
  wanted: readonly Access[],
  holder: Holder,
  registry: Registry,
): readonly Access[] {
  return wanted.flatMap(({ type, name, actions }) => {
    const granted = actions.filter((action) => may(holder, type, name, action, registry));
    return granted.length === 0 ? [] : [{ type, name, actions: granted }];
  });
}

const imageRights: Readonly<Record<string, readonly Permission[]>> = {
  pull: ['pull/read'],
  push: ['push/write'],
  delete: ['artifacts/delete'],
  metadata_read: ['metadata/read'],
  metadata_write: ['metadata/write'],
  '*': ['pull/read', 'push/write', 'artifacts/delete'],
};

const trustRights: Readonly<Record<string, readonly Permission[]>> = {
  pull: ['pull/read'],
  push: ['push/write', 'sign/write'],
  '*': ['pull/read', 'push/write', 'sign/write'],
};

function may(
  holder: Holder,
  type: string,
  name: string,
  action: string,
  registry: Registry,
): boolean {
  if (type === 'registry') return name === 'catalog' && holder.mayList;
  if (type !== 'repository') return false;
  const trusted = name.startsWith(`${registry.loginServer}/`);
  // A name that begins with another host is trust data of another registry.
  if (!trusted && /^[^/]*[.:]/.test(name)) return false;
  const needed = trusted ? trustRights[action] : imageRights[action];
  if (needed === undefined) return false;
  const held = trusted ? holder.onTrust : holder.onRepository(name);
  return needed.every((permission) => held.includes(permission));
}
