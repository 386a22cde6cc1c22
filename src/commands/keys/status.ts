/**
 * Shows when each role of repositories expires and which of the available keys can renew it. For a
 * scheduled pipeline: fails when something has expired or expires soon. Changes nothing.
 */
import { isTrustError } from '../../errors.js';
import { expiryError, firstRoleExpiry, troublesOf } from '../../trust/index.js';
import { defineCommand } from '../command.js';
import { warnExpiryDays } from '../inputs/days.js';
import { failureOfEach, failuresOf, valuesOf, type Outcome } from '../../repositories/index.js';
import {
  expiryInputs,
  expiryTable,
  factsOf,
  loadRepositories,
  readExpiryInputs,
} from './expiry.js';

export const keysStatus = defineCommand({
  name: 'keysStatus',
  label: 'Keys: status',
  help: 'Shows when the roles of repositories expire, and which keys can renew them. Fails when something expires soon, for a scheduled pipeline. Changes nothing.',
  example: ['registry', 'repository', 'keys'],
  inputs: {
    ...expiryInputs,
    'warn-expiry-days': { ...warnExpiryDays, note: 'The run fails when something expires soon.' },
  },
  outputs: ['first-expiry'],
  parse: (read) => readExpiryInputs(read),
  run: async (configuration, run) => {
    const { keys, loaded } = await loadRepositories(configuration, run);
    const now = run.clock();
    const repositories = valuesOf(loaded);
    const outcomes = loaded.map(({ gun, value, error }) => ({
      gun,
      error: error ?? expiryError(gun, troublesOf(value.expiries), configuration.withinDays),
    }));
    return {
      title: 'Expiry',
      heading: 'When trust data expires',
      body: [expiryTable(repositories, now)],
      facts: {
        withinDays: configuration.withinDays,
        keys: keys.map(({ signer: { keyId, description } }) => ({ keyId, description })),
        repositories: repositories.map(({ gun, expiries }) => ({
          gun,
          firstExpiry: firstRoleExpiry(expiries),
          roles: expiries.map((one) => factsOf(one, now)),
        })),
      },
      outputs: {
        'first-expiry': firstRoleExpiry(repositories.flatMap(({ expiries }) => expiries)),
      },
      failures: failuresOf(loaded),
      failure: failureOfEach(worstFirst(outcomes), 'needs attention'),
    };
  },
});

/** The first failure gives the run its code. */
function worstFirst(outcomes: readonly Outcome[]): readonly Outcome[] {
  const severityOf = ({ error }: Outcome): number => {
    if (!error) return 0;
    if (isTrustError(error, 'TRUST_DATA_EXPIRING')) return 1;
    return isTrustError(error, 'TRUST_DATA_EXPIRED') ? 3 : 2;
  };
  return [...outcomes].sort((a, b) => severityOf(b) - severityOf(a));
}
