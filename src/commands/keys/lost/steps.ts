/** The way out, step by step, with the commands to copy. Pure: follows from what was judged. */
import { neededKeys, troublesOf } from '../describe-expiry.js';
import { beginAnew } from './begin-anew.js';
import { commandLine, ourCommand } from '../../command-line.js';
import { mendsByTargets, type Custody } from './judge.js';
import {
  keysOf,
  named,
  newKeyUrl,
  oldKeyOf,
  referenceOf,
  rotate,
  targetsKeyOf,
  type Situation,
  type Step,
} from './situation.js';

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
  const ours = troubles.filter(({ remedy }) => remedy.kind === 'keys');
  const held = new Set(ours.flatMap((one) => one.available.map(({ keyId }) => keyId)));
  const keys = [...held].map((keyId) => referenceOf(situation, keyId));
  const certificate = troubles.some(
    ({ remedy }) => remedy.kind === 'rotation' && remedy.role === 'root',
  );
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

function nameOf(vaultUrl: string): string {
  return /^https:\/\/([^./]+)/.exec(vaultUrl)?.[1] ?? vaultUrl;
}
