/** The way out, step by step, with the commands to copy. Pure: follows from what was judged. */
import { formatKeyReference, type KeyReference } from '../../../signing/index.js';
import { listTags, type KeyId, type Renewal, type TrustedView } from '../../../trust/index.js';
import type { NamedRepository } from '../../repositories/index.js';
import { neededKeys, troublesOf } from '../renewal/describe.js';
import { commandLine, ourCommand } from './command-line.js';
import { mendsByTargets, type Custody, type Loss } from './judge.js';
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
  readonly renewals: readonly Renewal[];
  readonly loss: Loss;
  /** Where the keys at hand are, by their IDs. */
  readonly references: ReadonlyMap<KeyId, KeyReference>;
  readonly unopened: readonly UnopenedKey[];
}

/** What to do, in this order. */
export function stepsFor(situation: Situation): readonly Step[] {
  const { loss } = situation;
  const missing = loss.custody.filter(({ isAtHand }) => !isAtHand);
  const find = missing.length > 0 ? [findStep(situation, missing)] : [];
  switch (loss.kind) {
    case 'nothing':
      return [...handOver(situation), ...renew(situation)];
    case 'delegations':
      return [...find, ...handOver(situation), ...renew(situation), ...newSigners(situation)];
    case 'targets':
      return [
        ...find,
        ...handOver(situation),
        ...renewRoot(situation),
        newTargetsKey(situation),
        ...newSigners(situation),
      ];
    case 'root':
      return [
        ...find,
        ...(mendsByTargets(loss) ? [...renew(situation), ...newSigners(situation)] : []),
        ...beginAnew(situation),
      ];
    case 'root and targets':
      return [...find, ...beginAnew(situation)];
  }
}

function findStep({ unopened, repository }: Situation, missing: readonly Custody[]): Step {
  const recoverable = unopened.filter(({ isRecoverable }) => isRecoverable);
  const vaults = new Set(unopened.flatMap(({ reference }) => reference?.vaultUrl ?? []));
  const [vault = 'https://YOUR-VAULT.vault.azure.net'] = vaults;
  const wanted = missing.map((one) => `${one.role} (${neededKeys(one)})`).join(', ');
  const found = recoverable.map(({ name }) => name).join(', ');
  return {
    text:
      `Look for the keys before anything else: ${wanted}. ` +
      (recoverable.length > 0
        ? `${found} was deleted, and its vault can recover it. `
        : 'A deleted key can be recovered for as long as its vault keeps it. ') +
      'Then look for backups: folders of "keys backup", and archives of the folder ' +
      '~/.docker/trust/private. Run "keys lost" again with what is found.',
    commands: [
      ...(recoverable.length > 0
        ? recoverable.flatMap(({ reference }) => (reference ? [recoverCommand(reference)] : []))
        : [
            commandLine(['az', 'keyvault', 'key', 'list-deleted'], { 'vault-name': nameOf(vault) }),
          ]),
      ourCommand('keys restore', { archive: 'BACKUP-FOLDER', vault }),
      ourCommand('keys import', { ...named(repository), archive: 'KEY-FOLDER-OR-TAR-GZ', vault }),
    ],
  };
}

function recoverCommand({ vaultUrl, name }: { vaultUrl: string; name: string }): string {
  const flags = { 'vault-name': nameOf(vaultUrl), name };
  return commandLine(['az', 'keyvault', 'key', 'recover'], flags);
}

/** As long as a client keeps the snapshot key, the server can publish nothing. */
function handOver(situation: Situation): readonly Step[] {
  if (!situation.loss.isSnapshotWithClient) return [];
  return [
    {
      text: 'Hand the snapshot role over to the server, which cannot publish anything before.',
      commands: [rotate(situation, 'snapshot', keysOf(situation, 'root', 'root-key'))],
    },
  ];
}

function renew(situation: Situation): readonly Step[] {
  const { renewals, repository } = situation;
  const troubles = troublesOf(renewals);
  const ours = troubles.filter(({ way }) => way.kind === 'keys');
  const held = new Set(ours.flatMap((one) => one.held.map(({ keyId }) => keyId)));
  const keys = [...held].map((keyId) => referenceOf(situation, keyId));
  const certificate = troubles.some(({ way }) => way.kind === 'rotation' && way.role === 'root');
  return [
    ...(ours.length === 0
      ? []
      : [
          {
            text: `Renew what expires: ${ours.map(({ role }) => role).join(', ')}.`,
            commands: [ourCommand('keys renew', { ...named(repository), keys })],
          },
        ]),
    ...(certificate ? [newRootCertificate(situation)] : []),
  ];
}

/** A new repository key is listed in the root, which must not have expired for it. */
function renewRoot(situation: Situation): readonly Step[] {
  const root = situation.renewals.filter(({ role }) => role === 'root');
  return renew({ ...situation, renewals: root });
}

function newRootCertificate(situation: Situation): Step {
  return {
    text: 'Give the root a new certificate, with a new root key: signing again gives it no later date.',
    commands: [
      rotate(situation, 'root', {
        ...keysOf(situation, 'root', 'root-key'),
        'old-key': oldKeyOf(situation, 'root'),
        'new-key': newKeyUrl(situation, 'root'),
        'create-key': true,
      }),
    ],
  };
}

function newTargetsKey(situation: Situation): Step {
  const { loss } = situation;
  const expired = loss.expired.some(({ what }) => what === 'targets');
  return {
    text: `Put a new repository key in the place of the lost one, with the root key. All signatures stay${expired ? ', and pulling works again' : ''}. Have pipelines that signed with the old key sign with the new one.`,
    commands: [
      rotate(situation, 'targets', {
        ...keysOf(situation, 'root', 'root-key'),
        'old-key': oldKeyOf(situation, 'targets'),
        'new-key': newKeyUrl(situation, 'targets'),
        'create-key': true,
      }),
    ],
  };
}

function newSigners(situation: Situation): readonly Step[] {
  const { loss } = situation;
  const missing = loss.custody.slice(2).filter(({ isAtHand }) => !isAtHand);
  if (missing.every(({ role }) => role === 'targets/releases')) return [];
  return [
    {
      text: 'Where a signer has lost its key as well, put a new one in its place with the repository key. Keys that others keep need nothing.',
      commands: missing
        .filter(({ role }) => role !== 'targets/releases')
        .map(({ role }) =>
          rotate(situation, role, {
            ...(loss.kind === 'targets'
              ? { 'signing-key': targetsKeyOf(situation) }
              : keysOf(situation, 'targets', 'signing-key')),
            'old-key': oldKeyOf(situation, role),
            'new-key': newKeyUrl(situation, role),
            'create-key': true,
          }),
        ),
    },
  ];
}

/** Without the root key the repository cannot outlive its root: a new one takes its place. */
function beginAnew(situation: Situation): readonly Step[] {
  const { repository, view, loss } = situation;
  const { gun } = repository;
  const common = named(repository);
  const tags = [...new Set(listTags(view).map(({ tag }) => tag))];
  const signers = loss.custody
    .slice(2)
    .map(({ role }) => role)
    .filter((role) => role !== 'targets/releases' && role.split('/').length === 2)
    .map((role) => role.slice('targets/'.length));
  const targets = targetsKeyOf(situation);
  return [
    {
      text: `If no root key turns up, begin anew ${timeOf(situation)}: no other way gives this repository a root again. First keep the list of what is signed, with its digests.`,
      commands: [`${ourCommand('inspect', { ...common, format: 'json' })} > signed-tags.json`],
    },
    {
      text: 'Delete the trust data and create it anew, with keys that are backed up ("keys backup"). The images stay; until they are signed again clients refuse them.',
      commands: [
        ourCommand('trust delete', { ...common, confirm: gun }),
        ourCommand('keys init', {
          ...common,
          'root-key': newKeyUrl(situation, 'root'),
          'signing-key': targets,
        }),
        ...signers.map((signer) =>
          ourCommand('signers add', {
            ...common,
            signer,
            'signer-key': `PUBLIC-KEY-OF-${signer.toUpperCase()}`,
            'signing-key': targets,
          }),
        ),
      ],
    },
    ...(tags.length === 0
      ? []
      : [
          {
            text: `Sign again what was signed (${tags.length} ${tags.length === 1 ? 'tag' : 'tags'}), after comparing the digests with signed-tags.json: a tag may stand for something else by now.`,
            commands: [
              ourCommand('sign', { ...common, tags: shown(tags), 'signing-key': targets }),
            ],
          },
        ]),
    {
      text: 'Have every client that remembers the old root forget it, and replace the old root key wherever it is pinned (trust-pin).',
      commands: [`rm -rf ~/.docker/trust/tuf/${gun}`],
    },
  ];
}

function timeOf({ loss }: Situation): string {
  const { kind, expired, isSnapshotWithClient, end } = loss;
  const isOver =
    kind === 'root' && !isSnapshotWithClient ? !mendsByTargets(loss) : expired.length > 0;
  if (isOver) return 'now';
  return end ? `before ${end.at.toISOString().slice(0, 10)}` : 'in time';
}

/** The report has them all. */
function shown(tags: readonly string[]): readonly string[] {
  return tags.length > 50 ? [...tags.slice(0, 50), 'AND-SO-ON'] : tags;
}

function named({ registry, repository }: NamedRepository): Readonly<Record<string, string>> {
  return { registry, repository };
}

function rotate(
  { repository }: Situation,
  role: string,
  flags: Parameters<typeof ourCommand>[1],
): string {
  return ourCommand('keys rotate', { ...named(repository), role, ...flags });
}

/** The keys at hand that sign for a role: one in `flag`, and more in `keys` where it takes more. */
function keysOf(
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
function oldKeyOf({ loss }: Situation, role: string): string | undefined {
  const custody = loss.custody.find((one) => one.role === role);
  if (!custody || custody.keyIds.length < 2) return undefined;
  const held = new Set(custody.held.map(({ keyId }) => keyId));
  return custody.keyIds.find((keyId) => !held.has(keyId)) ?? custody.keyIds[0];
}

/** Where the key at hand of a role is; where there is none, where a new one would be. */
function targetsKeyOf(situation: Situation): string {
  const { 'signing-key': key } = keysOf(situation, 'targets', 'signing-key');
  return typeof key === 'string' ? key : newKeyUrl(situation, 'targets');
}

function referenceOf({ references }: Situation, keyId: KeyId): string {
  const reference = references.get(keyId);
  return reference ? formatKeyReference(reference) : keyId;
}

/** A name for a key that is yet to be made, in the vault where such keys are, if that is known. */
function newKeyUrl(situation: Situation, role: string): string {
  const { references, unopened, repository, loss } = situation;
  const held = loss.custody.find((one) => one.role === role)?.held ?? [];
  const vaults = [
    ...held.flatMap(({ keyId }) => vaultOf(references.get(keyId))),
    ...(role === 'root' ? [] : unopened.flatMap(({ reference }) => vaultOf(reference))),
  ];
  const fallback = `https://YOUR-${role === 'root' ? 'ROOT-' : ''}VAULT.vault.azure.net`;
  const base = role === 'root' ? 'root' : repository.repository;
  const signer = role.startsWith('targets/') ? `-${role.slice('targets/'.length)}` : '';
  const name = `${base}${signer}-new`.replace(/[^0-9a-z]/gi, '-');
  return `${vaults[0] ?? fallback}/keys/${name}`;
}

function vaultOf(reference: KeyReference | undefined): readonly string[] {
  return reference && reference.kind !== 'file' ? [reference.vaultUrl] : [];
}

function nameOf(vaultUrl: string): string {
  return /^https:\/\/([^./]+)/.exec(vaultUrl)?.[1] ?? vaultUrl;
}
