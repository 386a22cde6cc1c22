import { describe, expect, it } from 'vitest';
import { rolesOf } from '../../../src/commands/inspect/facts.js';
import {
  changeReport,
  changeSummary,
  changeTable,
  type ChangeFacts,
} from '../../../src/commands/signers/change-report.js';
import {
  listingReport,
  listingSummary,
  listingTable,
} from '../../../src/commands/signers/listing-report.js';
import { TrustError } from '../../../src/errors.js';
import { addSigner, listSigners, publishTags, readRepository } from '../../../src/trust/index.js';
import { ecdsaSigner, rsaSigner } from '../../trust/support/keys.js';
import { content, gun, TestRepository } from '../../trust/support/repository.js';

async function listed() {
  const repository = await new TestRepository().initialise();
  const [ci, orphan] = [rsaSigner(), ecdsaSigner()];
  await repository.delegate({
    'targets/releases': orphan.publicKey,
    'targets/hidden': orphan.publicKey,
  });
  const { context, server, targets } = repository;
  const wanted = { name: 'ci', keys: [ci.publicKey] };
  await addSigner(server, { ...context, wanted, signers: [targets] });
  await publishTags(server, { ...context, signer: ci, tags: new Map([['1', content('a')]]) });
  const view = await readRepository(server, { pins: [], now: repository.now });
  if (!view) throw new Error('the test made no trust data');
  const facts = { gun, listing: listSigners(view), roles: rolesOf(view, repository.now, 0) };
  return { facts, ci, orphan };
}

describe('the list of signers', () => {
  it('has a line for each key, and when what it signed ends', async () => {
    const { facts, ci, orphan } = await listed();
    const lines = listingTable(facts);
    expect(lines[0]).toMatch(/^SIGNER +KEY +TYPE +IN RELEASES +VERSION +EXPIRES +STATE/);
    const line = (name: string) => lines.find((text) => text.startsWith(name)) ?? '';
    expect(line('ci')).toMatch(new RegExp(`${ci.keyId} +rsa +yes +1 +2029-11-22 +valid`));
    expect(line('hidden')).toMatch(new RegExp(`${orphan.keyId} +ecdsa +yes +- +- +not published`));
    expect(line('(releases)')).toMatch(/- +- +- +1 +2029-11-22 +valid/);
  });

  it('is a report with every fact, and a summary for people', async () => {
    const { facts, ci } = await listed();
    const error = new TrustError('TRUST_DATA_MISSING', 'there is none', { remedy: 'none' });
    const all = {
      repositories: [facts],
      failures: [{ gun: 'contoso.azurecr.io/other', error }],
      warnings: ['a | warning'],
    };
    expect(listingReport(all)).toMatchObject({
      formatVersion: 1,
      command: 'signersList',
      repositories: [
        {
          gun,
          signers: [{ name: 'ci', keyIds: [ci.keyId], version: 1 }, { name: 'hidden' }],
          releases: { signedBy: [ci.keyId], threshold: 1 },
        },
      ],
      failures: [{ gun: 'contoso.azurecr.io/other', code: 'TRUST_DATA_MISSING' }],
    });
    const summary = listingSummary(all);
    expect(summary).toContain(`| ci | \`${ci.keyId}\` rsa | yes | 1 | 2029-11-22 |`);
    expect(summary).toContain('> ⚠️ a \\| warning');
  });

  it('says so where there are none', async () => {
    const repository = await new TestRepository().initialise();
    const view = await readRepository(repository.server, { pins: [], now: repository.now });
    if (!view) throw new Error('the test made no trust data');
    const facts = { gun, listing: listSigners(view), roles: rolesOf(view, repository.now, 0) };
    expect(listingTable(facts).join('\n')).toMatch(/^no signers/);
    const all = { repositories: [facts], failures: [], warnings: [] };
    expect(listingSummary(all)).toContain('No signers');
  });
});

describe('what a change of signers says', () => {
  const facts: ChangeFacts = {
    command: 'signersRemove',
    signer: 'ci',
    dryRun: false,
    keys: [],
    changes: [
      {
        gun,
        state: 'removed',
        keyIds: ['ab'.repeat(32)],
        releases: 'signed again',
        pulls: [{ tag: '1', before: 'sha256:1', after: undefined }],
        error: undefined,
      },
      {
        gun: 'contoso.azurecr.io/other',
        state: 'failed',
        keyIds: [],
        pulls: [],
        error: new TrustError('TRUST_CONFLICT', 'others were faster', { remedy: 'again' }),
      },
    ],
    warnings: ['careful'],
  };

  it('is a table with the fate of the releases', () => {
    const lines = changeTable(facts.command, facts.changes);
    expect(lines[0]).toMatch(/REPOSITORY +STATE +KEYS REMOVED +RELEASES/);
    expect(lines[1]).toMatch(/removed +(ab){32} +signed again/);
    expect(changeTable('signersAdd', facts.changes)[0]).not.toContain('RELEASES');
  });

  it('is a report with errors by code, and a summary that marks them', () => {
    expect(changeReport(facts)).toMatchObject({
      formatVersion: 1,
      command: 'signersRemove',
      signer: 'ci',
      repositories: [
        { gun, state: 'removed', pulls: [{ tag: '1', before: 'sha256:1' }] },
        { state: 'failed', error: { code: 'TRUST_CONFLICT', message: 'others were faster' } },
      ],
    });
    const summary = changeSummary(facts);
    expect(summary).toContain('### Signer `ci` removed');
    expect(summary).toContain(`| \`${gun}\` | ✅ removed |`);
    expect(summary).toContain('| ❌ failed |');
    const reference = 'https://contoso.vault.azure.net/keys/ci/1';
    const keys = [{ keyId: 'cd'.repeat(32), type: 'ecdsa', reference }];
    const dry = changeSummary({ ...facts, command: 'signersAdd', dryRun: true, keys });
    expect(dry).toContain('### Signer `ci` would be added');
    expect(dry).toContain(reference);
  });
});
