import { describe, expect, it } from 'vitest';
import {
  promotionReport,
  promotionSummary,
  promotionTable,
  type PromotionFacts,
} from '../../../src/commands/promote/report.js';

const digest = `sha256:${'ab'.repeat(32)}`;
const facts: PromotionFacts = {
  registry: 'contoso.azurecr.io',
  repository: 'app',
  gun: 'contoso.azurecr.io/app',
  outcome: 'done',
  error: undefined,
  dryRun: false,
  copied: 'yes',
  state: 'signed',
  unchanged: false,
  key: { id: 'f'.repeat(64), method: 'ecdsa', description: 'Key Vault key <b>' },
  roles: ['targets/ci', 'targets/releases'],
  initialised: false,
  pinnedBy: undefined,
  images: [
    {
      source: 'contosodev.azurecr.io/app:1',
      sourceSigners: ['a|b'],
      sourceRoles: ['targets/a'],
      digest,
      length: 600,
      image: `contoso.azurecr.io/app@${digest}`,
      tags: ['1', 'latest'],
      copy: {
        manifests: 2,
        blobs: 5,
        mounted: 3,
        bytes: 12_300_000,
        presentManifests: 0,
        presentBlobs: 1,
        foreignLayers: 0,
      },
      attached: undefined,
    },
  ],
  warnings: ['a <warning>'],
};
const there: PromotionFacts = {
  ...facts,
  unchanged: true,
  images: facts.images.map((image) => ({
    ...image,
    copy: image.copy && { ...image.copy, manifests: 0, blobs: 0, mounted: 0, bytes: 0 },
  })),
};

describe('what promote says', () => {
  it('is a table of what became of each source', () => {
    expect(promotionTable(facts)).toEqual([
      expect.stringMatching(/^SOURCE +BECAME +COPY$/),
      'contosodev.azurecr.io/app:1  contoso.azurecr.io/app:1, contoso.azurecr.io/app:latest  2 manifests, 5 blobs, 3 of them taken over, 12.3 MB',
    ]);
    expect(promotionTable({ ...there, dryRun: true })).toEqual([
      expect.stringMatching(/^SOURCE +WOULD BECOME +COPY$/),
      expect.stringMatching(/was there$/),
    ]);
  });

  it('is a summary in which nothing foreign is markup', () => {
    const summary = promotionSummary(facts);
    expect(summary).toContain('### Promoted images');
    expect(summary).toContain('(Key Vault key &lt;b&gt;) in `targets/ci`, `targets/releases`');
    expect(summary).toContain('| `contosodev.azurecr.io/app:1` | a\\|b | `1`, `latest` |');
    expect(summary).toContain('> ⚠️ a &lt;warning&gt;');
    expect(promotionSummary(there)).toContain('nothing was changed');
    const dry = promotionSummary({ ...facts, dryRun: true });
    expect(dry).toContain('### Images that would be promoted');
    expect(dry).toContain('to be signed with key');
  });

  it('says of a run that failed what is known of its tags and its content', () => {
    const error = { code: 'TRUST_CONFLICT', message: 'too *many*', remedy: 'Try again.' } as const;
    const failed: PromotionFacts = {
      ...facts,
      outcome: 'failed',
      error,
      state: 'signing-unknown',
      images: facts.images.map((image) => ({ ...image, digest: undefined, copy: undefined })),
    };
    const summary = promotionSummary(failed);
    expect(summary).toContain('### Images (not promoted)');
    expect(summary).toContain('❌ `TRUST_CONFLICT` too \\*many\\*');
    expect(summary).toContain('Tags: not known whether it is signed. Content: copied.');
    expect(summary).toMatch(/\| a\\\|b \| `1`, `latest` \|\s+\| - \|/);
    expect(summary).not.toContain('signed with key');
    expect(promotionSummary({ ...failed, state: 'signed' })).toContain('Tags: signed.');
  });

  it('is cut in the summary when there are very many, not in the report', () => {
    const many = { ...facts, images: Array.from({ length: 201 }, () => facts.images).flat() };
    expect(promotionSummary(many)).toContain('and 1 more');
    expect(promotionReport(many)).toMatchObject({ formatVersion: 1, command: 'promote' });
    expect(JSON.stringify(promotionReport(many)).split(digest).length - 1).toBe(402);
  });
});
