import { describe, expect, it } from 'vitest';
import {
  renewReport,
  renewSummary,
  renewTable,
  type RenewFacts,
} from '../../../../src/commands/keys/renew/report.js';
import { planRenewal, roleExpiries, type Signer } from '../../../../src/trust/index.js';
import {
  dockerLikeRepository,
  gun,
  inDays,
  now,
  trustFiles,
} from '../../../trust/repository-builder.js';

function facts(more: Partial<RenewFacts> = {}, targets = inDays(-2), root = inDays(5)): RenewFacts {
  const repository = dockerLikeRepository();
  repository.root.expires = root;
  repository.targetsRole.expires = targets;
  const [key] = repository.targetsRole.keys;
  if (!key) throw new Error('no key');
  const signer: Signer = {
    ...key,
    description: 'a key',
    sign: () => Promise.reject(new Error('reports sign nothing')),
  };
  const rules = { now, withinDays: 30, pins: [] };
  const { due, remaining } = planRenewal(
    trustFiles(repository.build(), { expiry: 'report' }),
    [signer],
    rules,
  );
  repository.targetsRole.expires = inDays(1095);
  const view = trustFiles(repository.build(), { expiry: 'report' });
  return {
    now,
    withinDays: 30,
    dryRun: false,
    keys: [signer],
    repositories: [{ gun, renewed: due, remaining, after: roleExpiries(view, [signer], rules) }],
    failures: [],
    warnings: [],
    ...more,
  };
}

describe('the result of a renewal', () => {
  it('says what was renewed until when, and what takes which other key', () => {
    const [head, ...rows] = renewTable(facts());
    expect(head).toMatch(/^REPOSITORY +ROLE +EXPIRES +RESULT$/);
    expect(rows).toEqual([
      expect.stringMatching(/targets +2026-11-22 +renewed until 2029-11-23$/),
      expect.stringMatching(/root +2026-11-29 +NOT RENEWED: takes key [0-9a-f]{64}$/),
    ]);
    expect(renewSummary(facts())).toMatch(
      /### Renewed trust data[^]*`targets` \| 2026-11-22 \| renewed until/,
    );
  });

  it('says what would be renewed, in a dry run', () => {
    expect(renewTable(facts({ dryRun: true }))[1]).toMatch(/would be renewed by a key$/);
    expect(renewSummary(facts({ dryRun: true }))).toContain('### Trust data that would be renewed');
  });

  it('says that nothing is due', () => {
    expect(renewTable(facts({}, inDays(900), inDays(900)))[1]).toMatch(
      /- +2029-\S+ +nothing is due$/,
    );
  });

  it('is a report that other programs read', () => {
    const report = JSON.parse(JSON.stringify(renewReport(facts()))) as object;
    expect(report).toMatchObject({
      formatVersion: 1,
      command: 'keysRenew',
      repositories: [
        {
          gun,
          renewed: [
            {
              role: 'targets',
              expiresBefore: inDays(-2).toISOString(),
              expires: inDays(1095).toISOString(),
            },
          ],
          remaining: [{ role: 'root', renewableBy: 'others' }],
        },
      ],
    });
  });
});
