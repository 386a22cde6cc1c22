/**
 * Replaces the key of a role in repositories. Makes and publishes nothing before every repository is
 * known to be ready, and says "rotated" only of what a stranger reads so.
 */
import type { InputValues } from '../../inputs/values.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import { failureOfEach, type Attempted } from '../../repositories/index.js';
import { adviceOn } from './advice.js';
import { carryOut } from './carry-out.js';
import { readRotateConfiguration } from './configuration.js';
import { planned } from './outcome.js';
import { prepare } from './prepare.js';
import { rotationReport, rotationSummary, rotationTable, type RotationFacts } from './report.js';

/**
 * Runs `keys rotate`.
 * @throws {TrustError} KEY_NOT_AUTHORIZED without the keys that the change takes,
 * TRUST_SERVER_REJECTED where the server cannot publish, KEY_CONFLICT for the root key in another
 * role, all of them before anything is changed anywhere; what a repository could not be rotated for,
 * after all were tried.
 */
export async function rotateKeys(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, nameInput, problems } = context;
  const configuration = readRotateConfiguration(inputs, workingDirectory, problems);
  const { rotation, dryRun, reportPath } = configuration;
  const { log, warnings } = context;
  const preparation = await prepare(configuration, context);
  for (const { warnings: own } of preparation.repositories) for (const line of own) log.warn(line);
  const facts = await log.group(dryRun ? 'Dry run' : 'Rotation', async () => {
    const done = dryRun
      ? { newKey: preparation.newKey, repositories: preparation.repositories.map(planned) }
      : await carryOut(rotation, preparation, context);
    const all: RotationFacts = {
      role: rotation.role,
      dryRun,
      newKey: done.newKey && { keyId: done.newKey.signer.keyId, reference: done.newKey.reference },
      repositories: done.repositories,
      advice: dryRun ? [] : adviceOn(rotation, done.newKey, done.repositories, nameInput),
      warnings,
    };
    for (const line of rotationTable(all)) log.info(line);
    for (const { unchanged } of all.repositories) {
      if (unchanged !== undefined) log.info(`${unchanged}.`);
    }
    const isChanged = all.repositories.some(
      ({ state }) => state === 'rotated' || state === 'failed',
    );
    if (!isChanged) log.info('Nothing was changed.');
    for (const line of all.advice) log.info(line);
    return all;
  });
  const { repositories, newKey } = facts;
  const standing = repositories.filter(({ state }) => state === 'rotated' || state === 'unchanged');
  context.setOutput('repositories', standing.map(({ gun }) => gun).join('\n'));
  if (newKey) context.setOutput('key-id', newKey.keyId);
  await handOnReport(rotationReport(facts), reportPath, context);
  await context.addSummary(rotationSummary(facts));
  const attempted = repositories.map(({ gun, error }): Attempted<undefined> =>
    error ? { gun, error } : { gun, value: undefined },
  );
  const failure = failureOfEach(attempted, 'was not rotated');
  if (failure) throw failure;
}
