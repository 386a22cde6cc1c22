/**
 * Replaces the key of a role in repositories. Makes and publishes nothing before every repository is
 * known to be ready, and says "rotated" only of what a new client reads so.
 */
import type { RoleName } from '../../../trust/index.js';
import { defineCommand } from '../../command.js';
import type { Run } from '../../run.js';
import { readAvailableKeys } from '../../inputs/key-inputs.js';
import { readPins } from '../../inputs/pins.js';
import { readRepositories } from '../../inputs/repositories.js';
import { code } from '../../../report/text.js';
import { paragraph, type Report } from '../../../report/report.js';
import { codeColumn, tableOf, type Table } from '../../../report/table.js';
import {
  failureOfEach,
  failuresOf,
  outcomeColumns,
  outcomeFacts,
  prepareChange,
  type ChangeConfiguration,
} from '../../../repositories/index.js';
import {
  carryOut,
  planned,
  type Work,
  openNewKey,
  planRotation,
  type RotatedRepository,
  adviceOn,
  type Rotation,
} from '../../../key-rotation/index.js';
import { readRotation, rotationInputs } from './rotation-inputs.js';

interface RotateConfiguration extends ChangeConfiguration {
  readonly rotation: Rotation;
}

export const keysRotate = defineCommand({
  name: 'keysRotate',
  label: 'Keys: rotate',
  help: 'Replaces the key of a role: root, repository key or delegation. Or replaces the snapshot or timestamp key by one that the server keeps. What was signed stays signed.',
  example: ['registry', 'repository', 'role', 'keys', 'new-key'],
  inputs: rotationInputs,
  outputs: ['keys', 'repositories', 'key-id'],
  parse: (read): RotateConfiguration | undefined => {
    const change = {
      repositories: readRepositories(read),
      keys: readAvailableKeys(read),
      pins: readPins(read),
      dryRun: read.values['dry-run'],
    };
    const rotation = readRotation(read);
    return rotation && { ...change, rotation };
  },
  run: async (configuration, run) => {
    const { rotation, repositories, dryRun } = configuration;
    const azure = run.access.azure(repositories[0]?.registry);
    const newKey =
      rotation.kind === 'key' && rotation.newKey.kind === 'given'
        ? await openNewKey(rotation.newKey.key, azure, run)
        : undefined;
    const prepared = await prepareChange(configuration, run, {
      plan: (repository, signers) => planRotation(rotation, repository, signers, newKey, run),
      newKey: newKey?.signer,
      replacesRoot: rotation.role === 'root',
      replacesServerKey: rotation.kind === 'server-key',
      expiry: 'report',
    });
    const work = dryRun
      ? { newKey, repositories: prepared.repositories.map(planned) }
      : await run.log.group('Rotation', () => carryOut(rotation, prepared, newKey, run));
    return reportOf(configuration, work, run);
  },
});

function reportOf(
  { rotation, dryRun }: RotateConfiguration,
  work: Work,
  { nameInput }: Pick<Run, 'nameInput'>,
): Report<'repositories' | 'key-id'> {
  const { role } = rotation;
  const { repositories } = work;
  const newKey = work.newKey && { keyId: work.newKey.signer.keyId, reference: work.newKey.url };
  const advice = dryRun ? [] : adviceOn(rotation, work, nameInput);
  const standing = repositories.filter(({ state }) => state === 'rotated' || state === 'unchanged');
  const isChanged = repositories.some(({ state }) => state === 'rotated' || state === 'failed');
  return {
    title: dryRun ? 'Dry run' : 'Result',
    heading: dryRun ? `Key of ${code(role)} that would be rotated` : `Rotated key of ${code(role)}`,
    body: [
      tableFor(role, repositories, newKey?.keyId),
      ...repositories.flatMap(({ unchanged }) => (unchanged ? [{ log: `${unchanged}.` }] : [])),
      ...(isChanged ? [] : [{ log: 'Nothing was changed.' }]),
      ...advice.map(paragraph),
    ],
    facts: {
      formatVersion: 2,
      role,
      dryRun,
      newKey,
      repositories: outcomeFacts(repositories),
      advice,
    },
    outputs: {
      repositories: standing.map(({ gun }) => gun).join('\n'),
      'key-id': newKey?.keyId,
    },
    failures: failuresOf(repositories),
    failure: failureOfEach(repositories, 'was not rotated'),
  };
}

/** A line for each role that changes. */
function tableFor(
  role: RoleName,
  repositories: readonly RotatedRepository[],
  newKeyId: string | undefined,
): Table {
  const rows = repositories.flatMap(({ gun, state, exchanges, signedBy }) => {
    const common = { gun, state };
    if (exchanges.length === 0) {
      return [{ ...common, role, oldKey: '-', newKey: newKeyId ?? '-', signedBy: '-' }];
    }
    const signers = signedBy.map(({ role: file, keys }) => `${file}: ${keys.join(' + ')}`);
    return exchanges.map((exchange) => ({
      ...common,
      role: exchange.role,
      oldKey: exchange.oldKeyIds.join(', ') || '-',
      newKey: exchange.newKeyId ?? newKeyId ?? 'to be made',
      signedBy: signers.join('; '),
    }));
  });
  return tableOf(rows, [
    ...outcomeColumns,
    codeColumn('Role', (row) => row.role),
    codeColumn('Old key', ({ oldKey }) => oldKey),
    codeColumn('New key', ({ newKey }) => newKey),
    { heading: 'Signed by', text: ({ signedBy }) => signedBy, only: 'log' },
  ]);
}
