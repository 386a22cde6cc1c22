import { describe, expect, it } from 'vitest';
import { readDeleteConfiguration } from '../../../src/commands/trust-delete/configuration.js';
import { lossOf } from '../../../src/commands/trust-delete/loss.js';
import {
  consequencesOf,
  deletionReport,
  deletionSummary,
  lossLines,
  type DeletedRepository,
} from '../../../src/commands/trust-delete/report.js';
import { TrustError } from '../../../src/errors.js';
import { collectProblems } from '../../../src/commands/index.js';
import { readInputs } from '../legacy-values.js';
import { canonicalKeyIdOf } from '../../../src/trust/index.js';
import { dockerLikeRepository, gun, inDays, trustFiles } from '../../trust/repository-builder.js';

function configure(given: Readonly<Record<string, string>>) {
  const inputs = readInputs('trustDelete', 'cli', (name) => given[name] ?? '');
  return readDeleteConfiguration(
    inputs,
    '/agent',
    collectProblems((name) => name),
  );
}

const base = { registry: 'contoso.azurecr.io', repository: 'team/app, db' };

describe('what trust delete is asked for', () => {
  it('takes names of repositories as confirmation, with or without their registry', () => {
    const { confirmed, repositories } = configure({
      ...base,
      confirm: 'contoso.azurecr.io/team/app, db',
    });
    expect([...confirmed]).toEqual(['contoso.azurecr.io/team/app', 'contoso.azurecr.io/db']);
    expect(repositories).toHaveLength(2);
    expect(configure(base).confirmed.size).toBe(0);
  });

  it.each(['team/ap', 'contoso.azurecr.io', '*', 'yes', 'fabrikam.azurecr.io/db', 'DB'])(
    'does not take %j for a confirmation',
    (confirm) => {
      expect(() => configure({ ...base, confirm })).toThrow(
        expect.objectContaining({ code: 'INPUT_CONFLICT' }),
      );
    },
  );

  it('needs a repository', () => {
    expect(() => configure({ registry: 'contoso.azurecr.io' })).toThrow(
      expect.objectContaining({ code: 'INPUT_MISSING' }),
    );
  });
});

const repository = dockerLikeRepository();
repository.delegate('targets/gone', { expires: inDays(-1) });
const loss = lossOf(trustFiles(repository.build()));
const one: DeletedRepository = {
  gun,
  state: 'deleted',
  loss,
  unreadable: undefined,
  error: undefined,
};
const damaged: DeletedRepository = {
  gun: 'contoso.azurecr.io/db',
  state: 'not confirmed',
  loss: undefined,
  unreadable: 'snapshot: it has no signatures',
  error: undefined,
};
const facts = { dryRun: false, repositories: [one, damaged], warnings: [] };

describe('what is lost', () => {
  it('is every tag with its digest, every signer, and every key', () => {
    expect(loss.tags).toMatchObject([
      { tag: '1.0', signers: ['alice'], isPulled: true },
      { tag: 'old', signers: ['Repo Admin'], isPulled: true },
    ]);
    expect(loss.signers.map(({ name }) => name)).toEqual(['gone', 'alice']);
    const [root] = repository.root.keys;
    expect(loss.rootKeys).toEqual([
      { keyId: root && canonicalKeyIdOf(root.publicKey), dockerId: root?.keyId },
    ]);
    expect(loss.roles.map(({ role, state }) => [role, state])).toEqual([
      ['targets', 'trusted'],
      ['targets/releases', 'trusted'],
      ['targets/alice', 'trusted'],
      ['targets/gone', 'untrusted'],
    ]);
  });

  it('is listed, and what cannot be read is said', () => {
    const lines = lossLines(facts).join('\n');
    expect(lines).toMatch(new RegExp(`${gun}:1\\.0 +${loss.tags[0]?.digest ?? ''} +alice`));
    expect(lines).toMatch(/db +not confirmed +not readable/);
    expect(lines).toContain('cannot be listed, because it cannot be read: snapshot: it has no');
  });

  it('is told with what others will meet, in log and summary', () => {
    expect(consequencesOf(facts).join()).toContain(`~/.docker/trust/tuf/${gun}`);
    expect(
      consequencesOf({ ...facts, repositories: [{ ...one, state: 'nothing there' }] }),
    ).toEqual([]);
    const summary = deletionSummary(facts);
    expect(summary).toContain('### Trust data that would be deleted');
    expect(summary).toContain('could not rotate trust to a new trusted root');
    expect(deletionSummary({ ...facts, repositories: [one] })).toContain('### Deleted trust data');
  });

  it('is in the report in a form that can be signed again', () => {
    const error = new TrustError('READ_BACK_FAILED', 'still there', { remedy: 'Look.' });
    const repositories = [one, { ...damaged, state: 'failed' as const, error }];
    expect(deletionReport({ ...facts, repositories })).toMatchObject({
      command: 'trustDelete',
      repositories: [
        { images: loss.tags.map(({ tag, digest }) => `${gun}:${tag}@${digest}`) },
        { unreadable: damaged.unreadable, error: { code: 'READ_BACK_FAILED' } },
      ],
    });
  });
});
