/** What became of a repository, or would: from what was prepared and what was done. Pure. */
import {
  canonicalKeyIdOf,
  keyNamesOf,
  type PublicKey,
  type KeyReplacement,
  type TrustedView,
} from '../../../trust/index.js';
import type { ReadyRepository } from './prepare.js';
import type { KeyChange, RotatedRepository } from './report.js';
import { rolesWithKeys } from './still-listed.js';

/** What would be done. */
export function planned(repository: ReadyRepository): RotatedRepository {
  const { gun, replacements, files, unchanged, view } = repository;
  return {
    gun,
    state: replacements.length === 0 ? 'unchanged' : 'to be rotated',
    exchanges: replacements.map((replacement) => changeOf(replacement, undefined)),
    signedBy: files.map(({ role, signers }) => ({
      role,
      keys: signers.map(({ description }) => description),
    })),
    unchanged,
    rootKeys: keyNamesOf(view.root, 'root'),
    stillListed: [],
    error: undefined,
  };
}

/** What a new client reads after the `replacements`. */
export function finished(
  repository: ReadyRepository,
  done: {
    readonly view: TrustedView;
    readonly replacements: readonly KeyReplacement[];
    readonly unchanged: string | undefined;
  },
  publicKeys: ReadonlyMap<string, PublicKey>,
): RotatedRepository {
  const { view, replacements, unchanged } = done;
  const gone = replacements.flatMap(({ removed }) => removed.flatMap(({ keyId }) => keyId ?? []));
  return {
    ...planned(repository),
    state: unchanged === undefined ? 'rotated' : 'unchanged',
    unchanged,
    exchanges: replacements.map((replacement) => changeOf(replacement, publicKeys)),
    rootKeys: keyNamesOf(view.root, 'root'),
    stillListed: rolesWithKeys(view, gone),
  };
}

/** The same key for every role that changes, unless the server has made one for each. */
function changeOf(
  { role, removed }: KeyReplacement,
  publicKeys: ReadonlyMap<string, PublicKey> | undefined,
): KeyChange {
  const key = publicKeys?.get(role) ?? [...(publicKeys?.values() ?? [])][0];
  return {
    role,
    oldKeyIds: [...new Set(removed.map(({ id, keyId }) => keyId ?? id))],
    newKeyId: key && canonicalKeyIdOf(key),
  };
}
