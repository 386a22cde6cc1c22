/** The steps to recover from lost keys, with commands to copy. Pure: they follow from the assessment. */
import { commandLine, ourCommand, type Flags } from '../../command-line.js';
import { formatKeyReference, type KeyReference } from '../../signing/index.js';
import {
  dayOf,
  isDelegation,
  isRenewableByTargets,
  listTags,
  neededKeys,
  troublesOf,
  trustServerOf,
  type Gun,
  type KeyAssessment,
  type KeysOfRole,
  type RoleExpiry,
  type SignerInfo,
  type TrustedView,
} from '../../trust/index.js';
import type { UnopenedKey } from './open-remaining-keys.js';
import { vaultFlagOf } from './wording.js';

/** One thing to do. */
export interface Step {
  /** Full sentences. */
  readonly text: string;
  /** To copy into a shell; words in capitals are to be replaced. */
  readonly commands: readonly string[];
}

/** A repository whose keys are lost. */
interface LostRepository {
  readonly registry: string;
  readonly repository: string;
  readonly gun: Gun;
  /** Origin of the trust server. */
  readonly trustServer: string;
}

/** An available key, and where it is. */
export interface RemainingKey extends SignerInfo {
  readonly reference: KeyReference;
}

/** What the steps follow from. */
export interface Situation {
  readonly repository: LostRepository;
  readonly view: TrustedView;
  readonly expiries: readonly RoleExpiry[];
  readonly assessment: KeyAssessment<RemainingKey>;
  readonly unopened: readonly UnopenedKey[];
}

/** What to do, in this order. */
export function recoverySteps(situation: Situation): readonly Step[] {
  const { expiries, assessment } = situation;
  const troubles = troublesOf(expiries);
  const find = findKeys(situation);
  const handOver = handOverSnapshot(situation);
  switch (assessment.missing) {
    case 'nothing':
      return [...handOver, ...renewal(situation, troubles)];
    case 'delegations':
      return [...find, ...handOver, ...renewal(situation, troubles), ...newSignerKeys(situation)];
    case 'targets': {
      // The root lists the new repository key, so it must not have expired.
      const root = troubles.filter(({ role }) => role === 'root');
      const replace = [newTargetsKey(situation), ...newSignerKeys(situation)];
      return [...find, ...handOver, ...renewal(situation, root), ...replace];
    }
    case 'root': {
      const keep = isRenewableByTargets(assessment)
        ? [...renewal(situation, troubles), ...newSignerKeys(situation)]
        : [];
      return [...find, ...keep, ...reinitialise(situation)];
    }
    case 'root and targets':
      return [...find, ...reinitialise(situation)];
  }
}

function findKeys({ unopened, repository, assessment }: Situation): readonly Step[] {
  const missing = assessment.roles.filter(({ isComplete }) => !isComplete);
  if (missing.length === 0) return [];
  const deleted = unopened.filter(({ isRecoverable }) => isRecoverable);
  const [vault = 'https://YOUR-VAULT.vault.azure.net'] = unopened.flatMap(vaultOf);
  const wanted = missing.map((one) => `${one.role} (${neededKeys(one)})`).join(', ');
  const az = (verb: string, vaultUrl: string, name?: string): string =>
    commandLine(['az', 'keyvault', 'key', verb, ...vaultFlagOf({ vaultUrl }).split(' ')], { name });
  return [
    {
      text: [
        `Look for the missing keys first: ${wanted}.`,
        deleted.length > 0
          ? `${deleted.map(({ name }) => name).join(', ')} was deleted, and its vault can recover it.`
          : 'A vault can recover a deleted key until it purges it.',
        'Then look for backups: folders of "keys backup", and archives of ~/.docker/trust/private. Run "keys recover" again with what you find.',
      ].join(' '),
      commands: [
        ...(deleted.length > 0
          ? deleted.flatMap(({ reference }) =>
              reference ? [az('recover', reference.vaultUrl, reference.name)] : [],
            )
          : [az('list-deleted', vault)]),
        ourCommand('keys restore', { archive: 'BACKUP-FOLDER', vault }),
        ourCommand('keys import', { ...named(repository), archive: 'KEY-FOLDER-OR-TAR-GZ', vault }),
      ],
    },
  ];
}

function handOverSnapshot(situation: Situation): readonly Step[] {
  const { assessment, repository } = situation;
  if (!assessment.isSnapshotWithClient) return [];
  const flags = { ...named(repository), role: 'snapshot', ...signedBy(situation, 'root') };
  return [
    {
      text: 'Give the snapshot role to the server, which cannot publish anything before.',
      commands: [ourCommand('keys rotate', flags)],
    },
  ];
}

function renewal(situation: Situation, troubles: readonly RoleExpiry[]): readonly Step[] {
  const due = troubles.filter(({ remedy }) => remedy.kind === 'keys').map(({ role }) => role);
  const signing = due.flatMap((role) => keysOf(situation, role)?.available ?? []).map(urlOf);
  const keys = [...new Set(signing)];
  const renew = {
    text: `Renew what expires: ${due.join(', ')}.`,
    commands: [ourCommand('keys renew', { ...named(situation.repository), keys })],
  };
  const certificate = {
    text: 'Give the root a new certificate, with a new root key: a certificate cannot be renewed.',
    commands: [replaceKey(situation, 'root', signedBy(situation, 'root'))],
  };
  const isCertificateDue = troubles.some(
    ({ remedy }) => remedy.kind === 'rotation' && remedy.role === 'root',
  );
  return [...(due.length > 0 ? [renew] : []), ...(isCertificateDue ? [certificate] : [])];
}

function newTargetsKey(situation: Situation): Step {
  const isExpired = situation.assessment.expired.some(({ what }) => what === 'targets');
  return {
    text: `Replace the lost repository key: the root key signs the change. All signatures stay${isExpired ? ', and pulling works again' : ''}. Have pipelines that signed with the old key sign with the new one.`,
    commands: [replaceKey(situation, 'targets', signedBy(situation, 'root'))],
  };
}

function newSignerKeys(situation: Situation): readonly Step[] {
  const lost = signersOf(situation).filter(({ isComplete }) => !isComplete);
  if (lost.length === 0) return [];
  const signing =
    situation.assessment.missing === 'targets'
      ? { 'signing-key': targetsKey(situation) }
      : signedBy(situation, 'targets');
  return [
    {
      text: 'Where a signer has lost its key too, replace it: the repository key signs the change. Keys that their owners still have need nothing.',
      commands: lost.map(({ role }) => replaceKey(situation, role, signing)),
    },
  ];
}

/** Without the root key the repository cannot outlive its root: a new one replaces it. */
function reinitialise(situation: Situation): readonly Step[] {
  const { repository, view, assessment } = situation;
  const { gun } = repository;
  const common = named(repository);
  const signing = { 'signing-key': targetsKey(situation) };
  const tags = [...new Set(listTags(view).map(({ tag }) => tag))];
  // The report has all of them.
  const shown = tags.length > 50 ? [...tags.slice(0, 50), 'AND-SO-ON'] : tags;
  const signers = signersOf(situation)
    .map(({ role }) => role.slice('targets/'.length))
    .filter((signer) => !signer.includes('/'));
  const signAgain = {
    text: `Sign again what was signed (${tags.length} ${tags.length === 1 ? 'tag' : 'tags'}), after comparing the digests with signed-tags.json: a tag may point to another image by now.`,
    commands: [ourCommand('sign', { ...common, tags: shown, ...signing })],
  };
  return [
    {
      text: `If no root key is found, reinitialise ${deadline(assessment)}: nothing else gives this repository a root again. First save the list of what is signed, with its digests.`,
      commands: [`${ourCommand('inspect', { ...common, format: 'json' })} > signed-tags.json`],
    },
    {
      text: 'Delete the trust data and create it again, with keys that are backed up ("keys backup"). The images stay; until they are signed again clients refuse them.',
      commands: [
        ourCommand('trust delete', { ...common, confirm: gun }),
        ourCommand('keys init', {
          ...common,
          'root-key': newKeyUrl(situation, 'root'),
          ...signing,
        }),
        ...signers.map((signer) => {
          const key = `PUBLIC-KEY-OF-${signer.toUpperCase()}`;
          return ourCommand('signers add', { ...common, signer, 'signer-key': key, ...signing });
        }),
      ],
    },
    ...(tags.length === 0 ? [] : [signAgain]),
    {
      text: 'Have every client that knows the old root remove it, and replace the old root key wherever it is pinned (trust-pin).',
      commands: [`rm -rf ~/.docker/trust/tuf/${gun}`],
    },
  ];
}

function deadline(assessment: KeyAssessment): string {
  const { missing, expired, isSnapshotWithClient, end } = assessment;
  const isOver =
    missing === 'root' && !isSnapshotWithClient
      ? !isRenewableByTargets(assessment)
      : expired.length > 0;
  if (isOver) return 'now';
  return end ? `before ${dayOf(end.at)}` : 'in time';
}

/** Every delegation but the shared `targets/releases`. */
function signersOf({ assessment }: Situation): readonly KeysOfRole[] {
  return assessment.roles.filter(({ role }) => isDelegation(role) && role !== 'targets/releases');
}

/** The flags that name the repository. */
function named({ registry, repository, trustServer }: LostRepository): Flags {
  const isUsual = trustServer === trustServerOf(registry);
  return { registry, repository, 'trust-server': isUsual ? undefined : trustServer };
}

/** The command that gives `role` a new key. */
function replaceKey(situation: Situation, role: string, signing: Flags): string {
  const { keyIds = [], available = [] } = keysOf(situation, role) ?? {};
  const isLost = (id: string): boolean => available.every(({ keyId }) => keyId !== id);
  return ourCommand('keys rotate', {
    ...named(situation.repository),
    role,
    ...signing,
    // Which key goes must be said where the role has several: one that is not available, if any.
    'old-key': keyIds.length > 1 ? (keyIds.find(isLost) ?? keyIds[0]) : undefined,
    'new-key': newKeyUrl(situation, role),
    'create-key': true,
  });
}

/** The available keys that sign for a role: one in its own input, and more in `keys` where needed. */
function signedBy(situation: Situation, role: 'root' | 'targets'): Flags {
  const { available = [], threshold } = keysOf(situation, role) ?? {};
  const [first, ...more] = available.slice(0, threshold).map(urlOf);
  const input = role === 'root' ? 'root-key' : 'signing-key';
  return { [input]: first, keys: more.length > 0 ? more : undefined };
}

/** Where an available repository key is; where there is none, where a new one would be. */
function targetsKey(situation: Situation): string {
  const [key] = keysOf(situation, 'targets')?.available ?? [];
  return key ? urlOf(key) : newKeyUrl(situation, 'targets');
}

function keysOf({ assessment }: Situation, role: string): KeysOfRole<RemainingKey> | undefined {
  return assessment.roles.find((one) => one.role === role);
}

function urlOf({ reference }: RemainingKey): string {
  return formatKeyReference(reference);
}

/** A name for a key that is yet to be made, in the vault where such keys are, if that is known. */
function newKeyUrl(situation: Situation, role: string): string {
  const { unopened, repository } = situation;
  const isRoot = role === 'root';
  const [vault = `https://YOUR-${isRoot ? 'ROOT-' : ''}VAULT.vault.azure.net`] = [
    ...(keysOf(situation, role)?.available ?? []),
    ...(isRoot ? [] : unopened),
  ].flatMap(vaultOf);
  const signer = isDelegation(role) ? `-${role.slice('targets/'.length)}` : '';
  // A name in Key Vault has 127 characters at most.
  const name = `${isRoot ? 'root' : repository.repository}${signer}`
    .replace(/[^0-9a-z]/gi, '-')
    .slice(0, 120);
  return `${vault}/keys/${name}-new`;
}

function vaultOf({ reference }: { readonly reference: KeyReference | undefined }): string[] {
  return reference && reference.kind !== 'file' ? [reference.vaultUrl] : [];
}
