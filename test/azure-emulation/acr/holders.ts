/**
 * The kinds of caller a registry knows and what each may do: a principal of Entra ID, the admin
 * account, a repository-scoped token, nobody.
 */
import { allPermissions } from './permissions.js';
import type { Permission } from './permissions.js';
import type { Registry, RepositoryToken, ScopeMapAction } from './registries.js';

/** A caller whose credentials were checked. */
export interface Holder {
  /** `sub` of the tokens. */
  readonly subject: string;
  /** Whether the catalog may be read. */
  readonly mayList: boolean;
  /** Rights on the trust data of every repository. */
  readonly onTrust: readonly Permission[];
  /** Rights on the images of one repository. */
  onRepository(name: string): readonly Permission[];
}

/** A principal with these rights. */
export function principalHolder(subject: string, permissions: readonly Permission[]): Holder {
  return {
    subject,
    mayList: permissions.includes('metadata/read'),
    onTrust: permissions,
    onRepository: () => permissions,
  };
}

/** The admin account: everything, except that it cannot sign. */
export function adminHolder(registry: Registry): Holder {
  const permissions = allPermissions.filter((p) => p !== 'sign/write');
  return {
    subject: registry.name,
    mayList: true,
    onTrust: ['pull/read'],
    onRepository: () => permissions,
  };
}

const permissionOfAction: Readonly<Record<ScopeMapAction, Permission>> = {
  'content/read': 'pull/read',
  'content/write': 'push/write',
  'content/delete': 'artifacts/delete',
  'metadata/read': 'metadata/read',
  'metadata/write': 'metadata/write',
};

/** A repository-scoped token: its own repositories only, and no trust data, not even to read. */
export function tokenHolder(name: string, token: RepositoryToken): Holder {
  return {
    subject: name,
    mayList: false,
    onTrust: [],
    onRepository: (repository) =>
      (token.repositories[repository] ?? []).map((action) => permissionOfAction[action]),
  };
}

/** Nobody, in a registry open for anonymous pull: images only. */
export function anonymousHolder(): Holder {
  return { subject: '', mayList: false, onTrust: [], onRepository: () => ['pull/read'] };
}
