/**
 * Makes root and repository keys in Key Vault, if they do not exist, and initialises repositories with
 * them. Makes nothing before everything was checked, and says "initialised" only of what it read back.
 * A second run finds all as it should be, and changes nothing.
 */
import { defineCommand } from '../../command.js';
import type { Run } from '../../run.js';
import { code } from '../../../report/text.js';
import { paragraph, type Paragraph, type Report } from '../../../report/report.js';
import { codeColumn, tableOf } from '../../../report/table.js';
import { failureOfEach, failuresOf, outcomeColumns } from '../../../repositories/index.js';
import { carryOut, planned, type Work } from './initialise.js';
import { initInputs, readInit, type InitConfiguration } from './init-inputs.js';
import { prepare } from './prepare.js';

export const keysInit = defineCommand({
  name: 'keysInit',
  label: 'Keys: create, and initialise repositories',
  help: 'Creates keys in Key Vault, and initialises repositories with them. A root key or repository key that exists is used. A second run changes nothing.',
  example: ['registry', 'repository', 'root-key', 'signing-key'],
  inputs: initInputs,
  outputs: ['keys', 'repositories', 'key-id', 'root-key-id'],
  parse: readInit,
  run: async (configuration, run) => {
    const preparation = await prepare(configuration, run);
    warnOfCustody(configuration, run);
    const work = configuration.dryRun
      ? planned(preparation)
      : await run.log.group('Initialisation', () => carryOut(configuration, preparation, run));
    return reportOf(configuration, work, run);
  },
});

/** Keys that are kept together are lost and stolen together. */
function warnOfCustody({ rootKey, repositories }: InitConfiguration, { log }: Run): void {
  const { reference } = rootKey;
  if (reference.kind === 'file' || reference.kind === 'vault-secret') {
    log.warn(
      `The root key is a ${reference.kind === 'file' ? 'file' : 'Key Vault secret'}: its private key is in the memory of this run. In Key Vault as a key it would never leave the vault.`,
    );
  }
  if (reference.kind === 'file') return;
  const { vaultUrl } = reference;
  const isTogether = repositories.some(
    ({ repositoryKey: key }) =>
      key.reference.kind !== 'file' && key.reference.vaultUrl === vaultUrl,
  );
  if (!isTogether) return;
  log.warn(
    `Root key and repository keys are in the same vault, ${vaultUrl}: whoever administers it has both. Keep the root key in a vault of its own, which pipelines cannot reach.`,
  );
}

function reportOf(
  { dryRun }: InitConfiguration,
  work: Work,
  run: Run,
): Report<'repositories' | 'key-id' | 'root-key-id'> {
  const { rootKey, repositories } = work;
  const standing = dryRun ? [] : repositories.filter(({ error }) => !error);
  const keyIds = standing.flatMap(({ repositoryKey: { keyId } }) => keyId ?? []);
  const isChanged = !dryRun && repositories.some(({ state }) => state !== 'unchanged');
  return {
    title: dryRun ? 'Dry run' : 'Result',
    heading: dryRun ? 'Repositories that would be initialised' : 'Initialised repositories',
    body: [
      tableOf(repositories, [
        ...outcomeColumns,
        codeColumn('Repository key', ({ repositoryKey }) => repositoryKey.reference),
        codeColumn('Key ID', ({ repositoryKey }) => repositoryKey.keyId ?? '-'),
      ]),
      ...(isChanged ? [] : [{ log: 'Nothing was changed.' }]),
      ...rootKeyGuidance(work, dryRun, run),
    ],
    facts: {
      dryRun,
      rootKey,
      repositories: repositories.map(({ error, ...facts }) => ({
        ...facts,
        ...(error && {
          error: { code: error.code, message: error.message, remedy: error.remedy },
        }),
      })),
    },
    outputs: {
      repositories: standing.map(({ gun }) => gun).join('\n'),
      'key-id': [...new Set(keyIds)].join(','),
      'root-key-id': dryRun ? undefined : rootKey.keyId,
    },
    failures: failuresOf(repositories),
    failure: failureOfEach(repositories, 'was not initialised'),
  };
}

/** Who must keep the root key, and what pipelines are to hold the repositories to. */
function rootKeyGuidance(
  { rootKey: { reference, keyId } }: Work,
  dryRun: boolean,
  { nameInput }: Run,
): readonly Paragraph[] {
  if (keyId === undefined) return [{ summary: `Root key: ${code(reference)}, not made yet` }];
  if (dryRun) return [];
  return [
    `Root key: ${reference}`,
    'It is needed to rotate keys, to renew the root, and to initialise more repositories; never to sign images. Let a few people keep it, and no pipeline reach it. If it is lost, no key of these repositories can be replaced any more: back it up with "keys backup".',
    `Pin it wherever these repositories are signed or verified: ${nameInput('trust-pin')}: ${keyId}`,
  ].map(paragraph);
}
