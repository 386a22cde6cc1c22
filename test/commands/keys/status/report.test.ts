import { describe, expect, it } from 'vitest';
import {
  statusReport,
  statusSummary,
  statusTable,
  type StatusFacts,
} from '../../../../src/commands/keys/status/report.js';
import { roleExpiries } from '../../../../src/trust/index.js';
import {
  dockerLikeRepository,
  gun,
  inDays,
  now,
  trustFiles,
} from '../../../trust/repository-builder.js';

function factsWith(expires: Date): StatusFacts {
  const repository = dockerLikeRepository();
  repository.targetsRole.expires = expires;
  const view = trustFiles(repository.build(), { expiry: 'report' });
  const [key] = repository.targetsRole.keys;
  const keys = [{ keyId: key?.canonicalId ?? '', description: 'a | key' }];
  const rules = { now, withinDays: 30, pins: [] };
  return {
    now,
    withinDays: 30,
    keys,
    repositories: [{ gun, renewals: roleExpiries(view, keys, rules) }],
    failures: [
      { gun: 'contoso.azurecr.io/gone', code: 'TRUST_DATA_MISSING', message: 'no <b>data' },
    ],
    warnings: ['mind `this`'],
  };
}

describe('the status of trust data', () => {
  it('is a table of everything that ends', () => {
    const [head, ...rows] = statusTable(factsWith(inDays(-2)));
    expect(head).toMatch(/^REPOSITORY +ROLE +EXPIRES +DAYS +STATE +RENEWABLE BY$/);
    expect(rows).toHaveLength(7);
    expect(rows.find((row) => row.includes(' targets '))).toMatch(
      /targets +2026-11-22 +-2 +EXPIRED +a \| key$/,
    );
    expect(rows.at(-1)).toMatch(/timestamp +2026-12-08 +14 +valid +the server$/);
  });

  it('is a report that other programs read', () => {
    const report = JSON.parse(JSON.stringify(statusReport(factsWith(inDays(10))))) as object;
    expect(report).toMatchObject({
      formatVersion: 1,
      command: 'keysStatus',
      withinDays: 30,
      repositories: [
        {
          gun,
          firstExpiry: inDays(10).toISOString(),
          roles: [
            { role: 'root', part: 'file', renewableBy: 'others' },
            { role: 'root', part: 'certificate' },
            { role: 'targets', state: 'expiring', days: 10, renewableBy: 'keys' },
            {},
            {},
            { role: 'snapshot', renewableBy: 'server', keyIds: [] },
            {},
          ],
        },
      ],
      failures: [{ code: 'TRUST_DATA_MISSING' }],
    });
  });

  it('is a summary in which no name can break out of its cell', () => {
    const summary = statusSummary(factsWith(inDays(10)));
    expect(summary).toContain('| ⚠️ expiring | a \\| key |');
    expect(summary).toContain('❌ `contoso.azurecr.io/gone`: no &lt;b&gt;data');
    expect(summary).toContain('> ⚠️ mind \\`this\\`');
  });
});
