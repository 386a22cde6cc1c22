/** What follows from an import: the inputs to use from now on, and what becomes of the old files. Pure. */
import type { NameInput } from '../../../inputs/index.js';
import type { Gun, KeyId, RoleName } from '../../../trust/index.js';
import { rootKeyIdsOf } from '../stored-keys/serving.js';
import type { LookedAt } from '../stored-keys/trust-data.js';
import type { BroughtKey } from './bring.js';
import type { ClosedKey } from './open-keys.js';

/** How a repository is signed from now on. */
export interface RepositoryAdvice {
  readonly gun: Gun;
  /** Keys for `signing-key`, with the roles they sign; those of signers first. */
  readonly signingKeys: readonly { readonly url: string; readonly roles: readonly RoleName[] }[];
  /** Keys for `root-key`. */
  readonly rootKeys: readonly string[];
  /** Key IDs for `trust-pin`; none where nothing but the trust server knows them. */
  readonly pins: readonly KeyId[];
  /** What the keys at hand cannot do, in sentences. */
  readonly notes: readonly string[];
}

/** A file of the old store, and whether anything still hangs on it. */
export interface OldFile {
  readonly path: string;
  /** Why it is still needed; undefined when it may be destroyed. */
  readonly keep: string | undefined;
}

/** Everything that could be said of the repositories that were looked at. */
export function adviseOn(
  looked: readonly LookedAt[],
  keys: readonly BroughtKey[],
  closed: readonly ClosedKey[],
): readonly RepositoryAdvice[] {
  return looked.flatMap(({ gun, view }): RepositoryAdvice[] => {
    if (!view) return [];
    const serving = keys.flatMap((brought) => {
      const roles = brought.services.find((service) => service.gun === gun)?.roles ?? [];
      return roles.length === 0 ? [] : [{ brought, roles, url: urlOf(brought) }];
    });
    const of = (test: (role: RoleName) => boolean) =>
      serving.flatMap(({ url, roles }) => {
        const mine = roles.filter(test);
        return url === undefined || mine.length === 0 ? [] : [{ url, roles: mine }];
      });
    const isSigned = (role: RoleName): boolean => serving.some(({ roles }) => roles.includes(role));
    const rootIds = rootKeyIdsOf(view);
    const isKnown = view.pinnedBy.kind === 'pin';
    const unopened = closed.find(({ keyId }) => keyId !== undefined && rootIds.includes(keyId));
    const notes = [
      isKnown
        ? undefined
        : `Nothing but the trust server says that its root key is ${rootIds.join(', ')}: pin it once the owner of the repository has said so too.`,
      isSigned('root')
        ? undefined
        : unopened
          ? `The root key is in ${unopened.path}, which was not opened.`
          : `The root key (${rootIds.join(', ')}) is not among the keys. Find it: without it no key of this repository can be replaced, and none brought back.`,
      isSigned('targets')
        ? undefined
        : 'The repository key is not among the keys: with these, no signers can be added or removed.',
      isSigned('snapshot')
        ? 'Its snapshot is signed with a key of this store, which no vault can sign with on its own. Hand the role to the server with "keys rotate" and the role "snapshot"; keep the file until then.'
        : undefined,
    ];
    return [
      {
        gun,
        signingKeys: [
          ...of((role) => role.startsWith('targets/')),
          ...of((role) => role === 'targets'),
        ],
        rootKeys: of((role) => role === 'root').map(({ url }) => url),
        pins: isKnown ? rootIds : [],
        notes: notes.filter((note) => note !== undefined),
      },
    ];
  });
}

/** The advice as lines of a log or a summary. */
export function adviceLines(
  { gun, signingKeys, rootKeys, pins, notes }: RepositoryAdvice,
  nameInput: NameInput,
): readonly string[] {
  return [
    gun,
    ...signingKeys.map(
      ({ url, roles }) => `  ${nameInput('signing-key')}: ${url}  (signs ${roles.join(', ')})`,
    ),
    ...rootKeys.map((url) => `  ${nameInput('root-key')}: ${url}`),
    ...(pins.length === 0 ? [] : [`  ${nameInput('trust-pin')}: ${pins.join(', ')}`]),
    ...notes.map((note) => `  ${note}`),
  ];
}

/** What hangs on the files of keys that were opened. */
export function oldFilesOf(keys: readonly BroughtKey[]): readonly OldFile[] {
  return keys.flatMap((brought) => {
    const keep = reasonToKeep(brought);
    return brought.key.paths.map((path) => ({ path, keep }));
  });
}

function reasonToKeep({ state, services, purpose }: BroughtKey): string | undefined {
  switch (state) {
    case 'imported':
    case 'already there':
      return undefined;
    case 'left out': {
      const guns = services.map(({ gun }) => gun).join(', ');
      return services.length > 0
        ? `it signs the ${purpose.role ?? 'snapshot'} of ${guns}`
        : 'it was not imported; no repository that was looked at lists it';
    }
    case 'to be imported':
      return 'nothing was imported yet';
    case 'failed':
      return 'it was not imported';
  }
}

function urlOf({ url, state, destination }: BroughtKey): string | undefined {
  return url ?? (state === 'to be imported' ? destination?.url : undefined);
}
