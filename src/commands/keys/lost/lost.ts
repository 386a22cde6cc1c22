/**
 * For lost keys: says of each repository what still works with the keys that are left, until when, and
 * the steps out. Judged from live trust data; changes nothing. That keys are lost is a finding, not a
 * failure.
 */
import path from 'node:path';
import type { InputValues } from '../../inputs/values.js';
import { listTags, type KeyId } from '../../../trust/index.js';
import type { KeyReference } from '../../../signing/index.js';
import type { RunContext } from '../../context.js';
import { handOnReport } from '../../report/report-file.js';
import { failureOfEach, failuresOf, valuesOf } from '../../repositories/index.js';
import { checkIdentity } from '../../configuration/common-inputs.js';
import { firstExpiry, nameOf, troublesOf } from '../describe-expiry.js';
import { loadRepositories, readExpiryInputs, type LoadedRepository } from '../load-repositories.js';
import { findingsOf } from './findings.js';
import { judgeLoss } from './judge.js';
import { openKeysLeft, type KeysLeft } from './open-keys.js';
import { lostReport, lostSummary, wayOutLines, type LostFacts, type WayOut } from './report.js';
import { stepsFor } from './steps.js';

/**
 * Runs `keys lost`.
 * @throws {TrustError} what a repository could not be looked at for, after all were looked at.
 */
export async function showWayOut(inputs: InputValues, context: RunContext): Promise<void> {
  const { workingDirectory, problems } = context;
  const configuration = readExpiryInputs({ ...problems, values: inputs, workingDirectory });
  checkIdentity(inputs, problems);
  problems.throwIfAny();
  const { log, warnings } = context;
  const given = inputs['trust-report'];
  const reportPath = given === undefined ? undefined : path.resolve(workingDirectory, given);
  let left: KeysLeft = { keys: [], unopened: [] };
  const { loaded: looked } = await loadRepositories(configuration, context, async (keys, azure) => {
    left = await openKeysLeft(keys, azure, context);
    return left.keys;
  });
  const facts: LostFacts = {
    now: context.clock(),
    unopened: left.unopened.map(({ name, error }) => ({ name, problem: error.message })),
    repositories: valuesOf(looked).map((repository) => wayOutOf(repository, left)),
    failures: failuresOf(looked).map(({ name, error: { code, message } }) => ({
      gun: name,
      code,
      message,
    })),
    warnings,
  };
  for (const one of facts.repositories) {
    for (const { role, part, state, expires } of troublesOf(one.renewals)) {
      if (state !== 'expiring') continue;
      const name = nameOf({ role, part });
      log.warn(`${name} of ${one.gun} expires on ${expires?.toISOString().slice(0, 10) ?? ''}.`);
    }
    await log.group(one.gun, () => {
      for (const line of wayOutLines(one)) log.info(line);
      return Promise.resolve();
    });
  }
  const first = firstExpiry(facts.repositories.flatMap(({ renewals }) => renewals));
  if (first) context.setOutput('first-expiry', first);
  await handOnReport(lostReport(facts), reportPath, context);
  await context.addSummary(lostSummary(facts));
  const failure = failureOfEach(looked, 'could not be looked at');
  if (failure) throw failure;
}

function wayOutOf(repository: LoadedRepository, { keys, unopened }: KeysLeft): WayOut {
  const { gun, view, expiries: renewals, rules } = repository;
  const holders = keys.map(({ signer }) => signer);
  const loss = judgeLoss(view, renewals, holders, rules);
  const references = new Map<KeyId, KeyReference>(
    keys.map(({ signer, reference }) => [signer.keyId, reference]),
  );
  return {
    gun,
    loss,
    findings: findingsOf(loss),
    steps: stepsFor({ repository, view, renewals, loss, references, unopened }),
    renewals,
    tags: listTags(view),
  };
}
