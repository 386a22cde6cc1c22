/**
 * The status of trust data for lost keys: what still works with the available keys, until when, and
 * the steps to recover. Changes nothing. That keys are lost is a finding, not a failure.
 */
import {
  openRemainingKeys,
  recoverySteps,
  type AvailableKey,
  type Step,
  type UnopenedKey,
} from '../../azure/index.js';
import {
  assessKeys,
  dayOf,
  findingsOf,
  firstRoleExpiry,
  listTags,
  nameOfExpiry,
  troublesOf,
  type KeyAssessment,
  type SignedTag,
} from '../../trust/index.js';
import { defineCommand } from '../command.js';
import { warnExpiryDays } from '../inputs/days.js';
import { code, escape } from '../../report/text.js';
import type { Paragraph, Report } from '../../report/report.js';
import { tableOf } from '../../report/table.js';
import { failureOfEach, failuresOf, valuesOf } from '../../repositories/index.js';
import {
  expiryInputs,
  expiryTable,
  factsOf,
  loadRepositories,
  readExpiryInputs,
  type LoadedRepository,
} from './expiry.js';

export const keysRecover = defineCommand({
  name: 'keysRecover',
  formerNames: ['keysLost'],
  label: 'Keys: recover',
  help: 'Shows what still works after a key is lost, and the steps to recover. Says until when it works with the available keys. Changes nothing.',
  example: ['registry', 'repository', 'keys'],
  inputs: {
    ...expiryInputs,
    'warn-expiry-days': { ...warnExpiryDays, note: 'What expires soon gets a warning.' },
  },
  outputs: ['first-expiry'],
  parse: (read) => readExpiryInputs(read),
  run: async (configuration, run) => {
    let unopened: readonly UnopenedKey[] = [];
    const { keys, loaded } = await loadRepositories(configuration, run, async (sources, azure) => {
      const opened = await openRemainingKeys(sources, azure, run);
      ({ unopened } = opened);
      return opened.keys;
    });
    const repositories = valuesOf(loaded);
    const plans = repositories.map((repository) => planFor(repository, keys, unopened));
    for (const { gun, expiries } of repositories) {
      for (const one of troublesOf(expiries)) {
        if (one.state !== 'expiring') continue;
        run.log.warn(`${nameOfExpiry(one)} of ${gun} expires on ${dayOf(one.expires)}.`);
      }
    }
    const now = run.clock();
    return {
      title: 'Recovery',
      heading: 'What the available keys still allow',
      body: [expiryTable(repositories, now), ...plans.flatMap(partsOf)],
      facts: {
        unopenedKeys: unopened.map(({ name, error }) => ({ name, problem: error.message })),
        repositories: plans.map(({ repository, assessment, findings, steps, tags }) => ({
          gun: repository.gun,
          missing: assessment.missing,
          ...(assessment.end && {
            end: { what: assessment.end.what, at: assessment.end.at.toISOString() },
          }),
          custody: assessment.roles.map(({ role, keyIds, threshold, available, isComplete }) => ({
            role,
            keyIds,
            threshold,
            heldKeyIds: available.map(({ keyId }) => keyId),
            isAtHand: isComplete,
          })),
          findings,
          steps,
          roles: repository.expiries.map((one) => factsOf(one, now)),
          signedTags: tags.map(({ tag, digest, roles }) => ({ tag, digest, roles })),
        })),
      },
      outputs: {
        'first-expiry': firstRoleExpiry(repositories.flatMap(({ expiries }) => expiries)),
      },
      failures: failuresOf(loaded),
      failure: failureOfEach(loaded, 'could not be read'),
    };
  },
});

interface RecoveryPlan {
  readonly repository: LoadedRepository;
  readonly assessment: KeyAssessment;
  readonly findings: ReturnType<typeof findingsOf>;
  readonly steps: readonly Step[];
  readonly tags: readonly SignedTag[];
}

function planFor(
  repository: LoadedRepository,
  keys: readonly AvailableKey[],
  unopened: readonly UnopenedKey[],
): RecoveryPlan {
  const { view, expiries, rules } = repository;
  const remaining = keys.map(({ signer: { keyId, description }, reference }) => ({
    keyId,
    description,
    reference,
  }));
  const assessment = assessKeys(view, expiries, remaining, rules);
  return {
    repository,
    assessment,
    findings: findingsOf(assessment),
    steps: recoverySteps({ repository, view, expiries, assessment, unopened }),
    tags: listTags(view),
  };
}

/** Hosts cut summaries that are too long; log and report have every repository. */
const repositoriesOfSummary = 30;

function partsOf(plan: RecoveryPlan, index: number): Report['body'] {
  const { repository, findings, steps } = plan;
  const isShown = index < repositoriesOfSummary;
  const table = tableOf(findings, [
    { heading: 'Finding', text: ({ about }) => about },
    { heading: 'Meaning', text: ({ text }) => text },
  ]);
  const parts: Report['body'] = [
    { log: '' },
    { log: repository.gun, summary: `#### ${code(repository.gun)}` },
    table,
    steps.length === 0
      ? { log: 'Nothing has to be done.', summary: 'Nothing has to be done.' }
      : { log: 'What to do:' },
    ...steps.flatMap(stepParts),
  ];
  if (isShown) return parts;
  const logOnly = parts.map((part) =>
    'text' in part ? { text: part.text, markdown: [] } : { log: part.log ?? '' },
  );
  const more = { summary: 'More repositories are in the trust report.' };
  return index === repositoriesOfSummary ? [...logOnly, more] : logOnly;
}

function stepParts({ text, commands }: Step, index: number): readonly Paragraph[] {
  const block = ['```sh', ...commands, '```'].map((line) => `   ${line}`).join('\n');
  return [
    { log: `${index + 1}. ${text}`, summary: `${index + 1}. ${escape(text)}\n\n${block}` },
    ...commands.map((line) => ({ log: `     ${line}` })),
  ];
}
