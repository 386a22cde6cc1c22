/**
 * Looks at what is there already, as far as the caller may. What it cannot see it says, and the script
 * looks itself. Changes nothing.
 */
import {
  contentTrustObstacles,
  findRegistryId,
  findVaultId,
  findVaultKey,
  isGuid,
  principalOf,
  readAssignedRoles,
  readCertificate,
  readRegistryProperties,
  usesRepositoryPermissions,
  vaultNameOf,
  type ArmAccess,
} from '../azure/index.js';
import { isTrustError, TrustError } from '../errors.js';
import type { Clock } from '../ports.js';
import { formatKeyReference } from '../signing/index.js';
import {
  roleIds,
  type NeededRole,
  type Presence,
  type RoleMode,
  type RoleTarget,
  type Seen,
  type SetupKey,
  type SetupRepository,
  type SetupRequest,
} from './request.js';
import { keysOf, neededRoles, vaultsOf } from './roles.js';

/** Who looks. */
export interface Looker {
  readonly access: ArmAccess;
  readonly clock: Clock;
  /** The canonical IDs of the keys that sign the root of a repository; undefined without trust data. */
  readonly readRoots: (repository: SetupRepository) => Promise<readonly string[] | undefined>;
}

/**
 * @throws {TrustError} CONTENT_TRUST_UNAVAILABLE where the registry can have no trust data; KEY_CONFLICT
 *   where a deleted key has the name of one; TRUST_PIN_MISMATCH where a repository has another root.
 */
export async function lookAround(request: SetupRequest, looker: Looker): Promise<Seen> {
  const reasons = new Set<string>();
  const [tenantId, registry, keys, roots] = await Promise.all([
    tenantOf(looker, reasons),
    lookAtRegistry(request, looker, reasons),
    lookAtKeys(request, looker, reasons),
    lookAtRoots(request, looker, reasons),
  ]);
  requireOwnRoot(request, keys.rootKeyId, roots, reasons);
  const roles = await lookAtRoles(request, registry, keys.vaults, looker, reasons);
  return {
    registryId: registry.registryId,
    tenantId,
    roleMode: registry.roleMode,
    vaults: keys.vaults,
    keys: keys.keys,
    roles,
    roots: new Map([...roots].map(([gun, ids]) => [gun, ids?.[0]])),
    reasons: [...reasons],
  };
}

/** What it is about, and why it was not seen. */
function note(reasons: Set<string>, what: string, why: string): void {
  reasons.add(`${what}: ${why.replace(/\.$/, '')}`);
}

async function tenantOf(
  { access: { credential, cloud, signal } }: Looker,
  reasons: Set<string>,
): Promise<string | undefined> {
  try {
    const token = await credential.getToken(
      `${cloud.armEndpoint}/.default`,
      signal ? { abortSignal: signal } : {},
    );
    return principalOf(token?.token ?? '').tenantId;
  } catch (error) {
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    note(reasons, 'the tenant', error.message);
    return undefined;
  }
}

interface SeenRegistry {
  readonly registryId: string | undefined;
  readonly roleMode: RoleMode;
}

async function lookAtRegistry(
  { registry, registryId: named, signatures }: SetupRequest,
  { access }: Looker,
  reasons: Set<string>,
): Promise<SeenRegistry> {
  const found =
    named === undefined
      ? await findRegistryId(access, registry)
      : ({ state: 'found', registryId: named } as const);
  if (found.state !== 'found') {
    note(reasons, 'the registry', found.why);
    return { registryId: undefined, roleMode: 'unknown' };
  }
  const { registryId } = found;
  const answer = await readRegistryProperties(access, registryId);
  if (answer.state !== 'read') {
    note(reasons, 'the properties of the registry', answer.why);
    return { registryId, roleMode: 'unknown' };
  }
  const { loginServer, roleAssignmentMode } = answer.properties;
  if (loginServer !== undefined && loginServer !== registry) {
    throw new TrustError(
      'INPUT_CONFLICT',
      `The resource ID is of ${loginServer}, not of ${registry}`,
      {
        remedy: 'Correct registry or registry-id.',
      },
    );
  }
  const [obstacle] = contentTrustObstacles(answer.properties).values();
  if (obstacle && signatures !== 'notary-project') throw obstacle;
  return {
    registryId,
    roleMode:
      roleAssignmentMode === undefined
        ? 'unknown'
        : usesRepositoryPermissions(answer.properties)
          ? 'repositories'
          : 'roles',
  };
}

interface SeenKeys {
  readonly vaults: ReadonlyMap<string, Presence>;
  readonly keys: ReadonlyMap<string, Presence>;
  readonly rootKeyId: string | undefined;
}

async function lookAtKeys(
  request: SetupRequest,
  looker: Looker,
  reasons: Set<string>,
): Promise<SeenKeys> {
  const { rootKey } = request;
  const all = [...(rootKey ? [rootKey] : []), ...keysOf(request)];
  const vaults = new Map<string, Presence>(vaultsOf(request).map((url) => [url, 'unseen']));
  const keys = new Map<string, Presence>();
  let rootKeyId: string | undefined;
  const look = async (key: SetupKey): Promise<void> => {
    const { presence, keyId, isVaultThere } = await lookAtKey(key, looker, reasons);
    keys.set(formatKeyReference(key), presence);
    if (isVaultThere) vaults.set(key.vaultUrl, 'there');
    if (key === rootKey) rootKeyId = keyId;
  };
  await Promise.all(all.map(look));
  return { vaults, keys, rootKeyId };
}

async function lookAtKey(
  key: SetupKey,
  { access: { credential, signal }, clock }: Looker,
  reasons: Set<string>,
): Promise<{
  readonly presence: Presence;
  readonly keyId?: string;
  readonly isVaultThere: boolean;
}> {
  const options = { clock, ...(signal && { signal }) };
  try {
    const found =
      key.kind === 'vault-key'
        ? await findVaultKey(key, credential, options)
        : await readCertificate(key, credential, options);
    return found
      ? { presence: 'there', keyId: found.keyId, isVaultThere: true }
      : { presence: 'missing', isVaultThere: true };
  } catch (error) {
    if (isTrustError(error, 'KEY_NOT_FOUND') && key.version === undefined) {
      return { presence: 'missing', isVaultThere: true };
    }
    if (!isTrustError(error) || !isNotSeen(error)) throw error;
    note(reasons, formatKeyReference(key), error.message);
    return { presence: 'unseen', isVaultThere: error.code === 'VAULT_FORBIDDEN' };
  }
}

/** Whether an error says that somebody may not look, and nothing of what is there. */
function isNotSeen({ code }: TrustError): boolean {
  return /^(?:VAULT|CREDENTIAL|TENANT|FEDERATION|ENTRA|REGISTRY|TRUST_SERVER)_|^TRUST_DATA_EXPIRED$/.test(
    code,
  );
}

async function lookAtRoots(
  { repositories, rootKey }: SetupRequest,
  { readRoots }: Looker,
  reasons: Set<string>,
): Promise<ReadonlyMap<string, readonly string[] | undefined>> {
  const roots = new Map<string, readonly string[] | undefined>();
  if (rootKey === undefined) return roots;
  await Promise.all(
    repositories.map(async (repository) => {
      try {
        const found = await readRoots(repository);
        if (found) roots.set(repository.gun, found);
      } catch (error) {
        if (!isTrustError(error) || !isNotSeen(error)) throw error;
        note(reasons, `the trust data of ${repository.gun}`, error.message);
        roots.set(repository.gun, undefined);
      }
    }),
  );
  return roots;
}

/** What a server says of its root is what a pipeline would be pinned to: the owner's key must be in it. */
function requireOwnRoot(
  { rootKey }: SetupRequest,
  rootKeyId: string | undefined,
  roots: ReadonlyMap<string, readonly string[] | undefined>,
  reasons: Set<string>,
): void {
  for (const [gun, ids] of roots) {
    if (ids === undefined) continue;
    if (rootKeyId === undefined) {
      note(reasons, `whether the pin of ${gun} is the owner's`, 'it is what the server says');
      continue;
    }
    if (ids.includes(rootKeyId)) continue;
    throw new TrustError(
      'TRUST_PIN_MISMATCH',
      `The root of ${gun} is signed by ${ids.join(', ')}, and not by ${rootKey ? formatKeyReference(rootKey) : 'the root key'} (${rootKeyId})`,
      {
        remedy:
          'Name the root key that the repository has. If you do not know it, find out who initialised the repository.',
      },
    );
  }
}

async function lookAtRoles(
  request: SetupRequest,
  { registryId, roleMode }: SeenRegistry,
  vaults: ReadonlyMap<string, Presence>,
  { access }: Looker,
  reasons: Set<string>,
): Promise<Seen['roles']> {
  const { owner, pipelineObjectId } = request;
  const ids = {
    pipeline: pipelineObjectId,
    owner: owner !== undefined && isGuid(owner) ? owner : undefined,
  };
  const vaultIds = new Map(
    await Promise.all(
      [...vaults].map(
        async ([url, presence]) =>
          [
            url,
            presence === 'there'
              ? await findVaultId(access, vaultNameOf({ vaultUrl: url }))
              : undefined,
          ] as const,
      ),
    ),
  );
  const scopeOf = (on: RoleTarget): string | undefined => {
    if (on.kind === 'registry') return registryId;
    const id = vaultIds.get(on.vaultUrl);
    return id === undefined || on.object === undefined ? id : `${id}/${on.object}`;
  };
  const known = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  const assigned = (who: NeededRole['who'], scope: string, principalId: string) => {
    const name = `${scope} ${principalId}`;
    const asked =
      known.get(name) ??
      readAssignedRoles(access, scope, principalId).then((answer) => {
        if (answer.state === 'read') return answer.roles;
        note(reasons, `the roles of the ${who}`, answer.why);
        return undefined;
      });
    known.set(name, asked);
    return asked;
  };
  const presences = new Map<string, Presence>();
  await Promise.all(
    neededRoles(request, roleMode).map(async (role) => {
      const [principalId, scope] = [ids[role.who], scopeOf(role.on)];
      const roles =
        principalId === undefined || scope === undefined
          ? undefined
          : await assigned(role.who, scope, principalId);
      const presence =
        roles === undefined ? 'unseen' : roles.has(roleIds[role.role]) ? 'there' : 'missing';
      presences.set(JSON.stringify(role), presence);
    }),
  );
  return (role) => presences.get(JSON.stringify(role)) ?? 'unseen';
}
