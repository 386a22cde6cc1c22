/** How a change of signers ends: table, outputs, report and summary, and the failure if there was one. */
import type { Log } from '../../ports.js';
import type { KeyId } from '../../trust/index.js';
import type { RunContext } from '../context.js';
import { writeTrustReport } from '../report/report.js';
import { failureOfEach, type Attempted } from '../repositories/index.js';
import { changeReport, changeSummary, changeTable, type ChangeFacts } from './change-report.js';

/** @throws {TrustError} what repositories could not be changed for. */
export async function finishChange(
  facts: ChangeFacts,
  signedWith: readonly KeyId[],
  reportPath: string | undefined,
  context: RunContext,
  log: Log,
): Promise<void> {
  const { changes, keys, dryRun } = facts;
  for (const line of changeTable(facts)) log.info(line);
  const isUnchanged = ({ state }: (typeof changes)[number]) =>
    state === 'unchanged' || state === 'not listed';
  if (dryRun || changes.every(isUnchanged)) log.info('Nothing was changed.');
  const standing = changes.filter(({ error }) => error === undefined && !dryRun);
  context.setOutput('repositories', standing.map(({ gun }) => gun).join('\n'));
  context.setOutput('key-id', [...new Set(signedWith)].join(','));
  context.setOutput('keys', keys.map(({ reference }) => reference).join('\n'));
  context.setOutput(
    'trust-report',
    await writeTrustReport(changeReport(facts), reportPath, context.tempDirectory),
  );
  await context.addSummary(changeSummary(facts));
  const attempted = changes.map(({ gun, error }): Attempted<undefined> =>
    error ? { gun, error } : { gun, value: undefined },
  );
  const failure = failureOfEach(attempted, 'was not changed');
  if (failure) throw failure;
}
