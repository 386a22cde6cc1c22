/** What the steps are made of, and the parts that many of them have in common. Pure. */
import { formatKeyReference, type KeyReference } from '../../../signing/index.js';
import type { KeyId, RoleExpiry, TrustedView } from '../../../trust/index.js';
import { trustServerOf } from '../../inputs/repositories.js';
import type { NamedRepository } from '../../repositories/index.js';
import { ourCommand } from '../../command-line.js';
import type { Loss } from './judge.js';
import type { UnopenedKey } from './open-keys.js';

/** One thing to do. */
export interface Step {
  /** Full sentences. */
  readonly text: string;
  /** To copy into a shell; words in capitals are to be replaced. */
  readonly commands: readonly string[];
}

/** What the steps are made of. */
export interface Situation {
  readonly repository: NamedRepository;
  readonly view: TrustedView;
  readonly renewals: readonly RoleExpiry[];
  readonly loss: Loss;
  /** Where the keys at hand are, by their IDs. */
  readonly references: ReadonlyMap<KeyId, KeyReference>;
  readonly unopened: readonly UnopenedKey[];
}

/** The flags that name the repository. */
export function named({
  registry,
  repository,
  trustServer,
}: NamedRepository): Readonly<Record<string, string | undefined>> {
  const isUsual = trustServer === trustServerOf(registry);
  return { registry, repository, 'trust-server': isUsual ? undefined : trustServer };
}

/** The command that gives `role` another key. */
export function rotate(
  { repository }: Situation,
  role: string,
  flags: Parameters<typeof ourCommand>[1],
): string {
  return ourCommand('keys rotate', { ...named(repository), role, ...flags });
}

/** The keys at hand that sign for a role: one in `flag`, and more in `keys` where it takes more. */
export function keysOf(
  situation: Situation,
  role: string,
  flag: 'root-key' | 'signing-key',
): Readonly<Record<string, string | readonly string[] | undefined>> {
  const custody = situation.loss.custody.find((one) => one.role === role);
  const [first, ...more] = (custody?.held ?? [])
    .slice(0, custody?.threshold)
    .map(({ keyId }) => referenceOf(situation, keyId));
  return { [flag]: first, keys: more.length > 0 ? more : undefined };
}

/** Which key goes, which must be said where the role has several: one that is not at hand, if any. */
export function oldKeyOf({ loss }: Situation, role: string): string | undefined {
  const custody = loss.custody.find((one) => one.role === role);
  if (!custody || custody.keyIds.length < 2) return undefined;
  const held = new Set(custody.held.map(({ keyId }) => keyId));
  return custody.keyIds.find((keyId) => !held.has(keyId)) ?? custody.keyIds[0];
}

/** Where the key at hand of a role is; where there is none, where a new one would be. */
export function targetsKeyOf(situation: Situation): string {
  const { 'signing-key': key } = keysOf(situation, 'targets', 'signing-key');
  return typeof key === 'string' ? key : newKeyUrl(situation, 'targets');
}

/** Where a key at hand is. */
export function referenceOf({ references }: Situation, keyId: KeyId): string {
  const reference = references.get(keyId);
  return reference ? formatKeyReference(reference) : keyId;
}

/** A name for a key that is yet to be made, in the vault where such keys are, if that is known. */
export function newKeyUrl(situation: Situation, role: string): string {
  const { references, unopened, repository, loss } = situation;
  const held = loss.custody.find((one) => one.role === role)?.held ?? [];
  const vaults = [
    ...held.flatMap(({ keyId }) => vaultOf(references.get(keyId))),
    ...(role === 'root' ? [] : unopened.flatMap(({ reference }) => vaultOf(reference))),
  ];
  const fallback = `https://YOUR-${role === 'root' ? 'ROOT-' : ''}VAULT.vault.azure.net`;
  const base = role === 'root' ? 'root' : repository.repository;
  const signer = role.startsWith('targets/') ? `-${role.slice('targets/'.length)}` : '';
  // A name in Key Vault has 127 characters at most.
  const name = `${base}${signer}`.replace(/[^0-9a-z]/gi, '-').slice(0, 120);
  return `${vaults[0] ?? fallback}/keys/${name}-new`;
}

function vaultOf(reference: KeyReference | undefined): readonly string[] {
  return reference && reference.kind !== 'file' ? [reference.vaultUrl] : [];
}
