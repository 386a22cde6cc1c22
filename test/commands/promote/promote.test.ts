/** What a run of promote says, in this process. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { goodSubject } from '../../notation/make-chain.js';
import { makeSigner } from '../../notation/make-signer.js';
import {
  host,
  reply,
  reportOf,
  startRegistryScenario,
  type Ran,
  type RegistryScenario,
} from '../support/registry-scenario.js';
import { rootPem, signPushed } from '../support/sign-image.js';

let scenario: RegistryScenario;
let digest = '';
beforeAll(async () => {
  scenario = await startRegistryScenario();
  digest = scenario.push('source', ['1', 'other']);
  await scenario.run('sign', { images: `${host}/source:1` });
});
afterEach(() => {
  scenario.answerWith(() => undefined);
});
afterAll(() => scenario.close());

/** A run with what it has logged. */
async function promote(
  inputs: Readonly<Record<string, string>>,
): Promise<Ran & { readonly said: string }> {
  const lines: string[] = [];
  const given = { registry: host, source: `${host}/source:1`, tags: '1,latest', ...inputs };
  const ran = await scenario.run('promote', given, {
    host: ({ printer }) => ({ printer: { ...printer, line: (text) => void lines.push(text) } }),
  });
  return { ...ran, said: lines.join('\n') };
}

describe('a run of promote', () => {
  it('says what would become of each source when it is a dry run', async () => {
    const { failure, summary, said, outputs } = await promote({
      repository: 'dry',
      'dry-run': 'true',
    });
    expect(failure).toBeUndefined();
    expect(said).toMatch(/^.*SOURCE +WOULD BECOME +COPY$/m);
    expect(said).toContain('Nothing was changed.');
    expect(summary).toContain('### ✅ Images that would be promoted: ');
    expect(summary).toContain('to be signed with key');
    expect(outputs).not.toHaveProperty('images');
  });

  it('says what became of each source, and that all was there when it runs again', async () => {
    const first = await promote({ repository: 'target' });
    expect(first.said).toMatch(/^.*SOURCE +BECAME +COPY$/m);
    expect(first.said).toContain(`${host}/target:1, ${host}/target:latest  1 manifest, `);
    expect(first.summary).toContain('### ✅ Promoted images: ');
    expect(first.summary).toMatch(/, signed with key `[0-9a-f]{12}` \(.+\) in `targets`; root /);
    expect(first.summary).toContain(
      `| \`${host}/source:1\` | Repo Admin | \`1\`, \`latest\` | \`${digest.slice(0, 19)}\` | `,
    );
    expect(await reportOf(first)).toMatchObject({
      command: 'promote',
      outcome: 'done',
      copied: 'yes',
      state: 'signed',
      unchanged: false,
      initialised: true,
      images: [{ source: `${host}/source:1`, digest, tags: ['1', 'latest'] }],
    });
    const again = await promote({ repository: 'target' });
    expect(again.said).toContain('nothing was copied, signed or tagged');
    expect(again.said).toMatch(/ was there$/m);
    expect(again.summary).toContain('nothing was changed');
  });

  it('says what is known of tags and content when it fails', async () => {
    scenario.answerWith(({ method, url }) =>
      method === 'POST' && url.includes('/refused/_trust/')
        ? Promise.resolve(reply(400, '{"errors":[{"code":"INVALID_UPDATE","message":"no"}]}'))
        : undefined,
    );
    const ran = await promote({ repository: 'refused' });
    expect(ran.failure?.code).toBe('TRUST_SERVER_REJECTED');
    expect(ran.summary).toContain('### ❌ Promote failed');
    expect(ran.summary).toMatch(/Tags: .+\. Content: copied\./);
    expect(ran.summary).not.toContain('signed with key');
    expect(ran.outputs.digest).toBe(digest);
    expect(ran.outputs).not.toHaveProperty('signed-tags');
    expect(await reportOf(ran)).toMatchObject({ outcome: 'failed', copied: 'yes' });
  });

  it('copies nothing that is not signed at the source', async () => {
    const ran = await promote({ repository: 'nothing', source: `${host}/source:other` });
    expect(ran.failure?.code).toBe('TAG_NOT_SIGNED');
    expect(ran.summary).toContain('Content: not copied by this run.');
    expect(await reportOf(ran)).toMatchObject({ copied: 'no', state: 'untouched' });
  });

  describe('from a source that is signed for Notary Project', () => {
    let trusting: Readonly<Record<string, string>>;
    beforeAll(async () => {
      const signer = await makeSigner(new Date());
      await signPushed(scenario, signer, 'left', '1');
      trusting = {
        source: `${host}/left:1`,
        'source-signatures': 'notary-project',
        'source-trusted-certificate': rootPem(signer),
        'source-trusted-identity': goodSubject,
        'source-require-signed-tag': 'true',
      };
    });

    it('copies what is verified, and asks for no trust data there', async () => {
      const asked: string[] = [];
      scenario.answerWith(({ url }) => {
        asked.push(url);
        return undefined;
      });
      const ran = await promote({ ...trusting, repository: 'arrived' });
      expect(ran.failure).toBeUndefined();
      expect(asked.filter((url) => url.includes('/left/_trust'))).toEqual([]);
      expect(ran.said).toMatch(
        /left:1 {2}sha256:[0-9a-f]{64} {2}signed by C=US,ST=WA,O=ACME,CN=signer$/m,
      );
      expect(await reportOf(ran)).toMatchObject({
        state: 'signed',
        images: [{ sourceSigners: ['C=US,ST=WA,O=ACME,CN=signer'], sourceRoles: [] }],
      });
    });

    it.each<[string, () => Promise<Readonly<Record<string, string>>>, string]>([
      [
        'by someone else',
        async () => ({ 'source-trusted-certificate': rootPem(await makeSigner(new Date())) }),
        'SIGNATURE_REJECTED',
      ],
      ['by nobody', () => Promise.resolve({ source: `${host}/source:other` }), 'SIGNATURE_MISSING'],
      [
        'for one kind of two',
        () => Promise.resolve({ 'source-signatures': 'both' }),
        'TAG_NOT_SIGNED',
      ],
    ])('copies nothing that is signed %s', async (_, inputs, code) => {
      const ran = await promote({ ...trusting, ...(await inputs()), repository: 'nothing' });
      expect(ran.failure?.code).toBe(code);
      expect(await reportOf(ran)).toMatchObject({ copied: 'no', state: 'untouched' });
    });

    it('puts no tag when the tag at the source has moved to what is not signed', async () => {
      let isCopied = false;
      scenario.answerWith(({ method, url }) => {
        if (isCopied || method !== 'POST' || !url.includes('/moved/')) return undefined;
        isCopied = true;
        scenario.push('left', ['1'], 'something else');
        return undefined;
      });
      const ran = await promote({ ...trusting, repository: 'moved' });
      expect(isCopied).toBe(true);
      expect(ran.failure?.code).toBe('SIGNATURE_MISSING');
      expect(ran.outputs).not.toHaveProperty('signed-tags');
    });
  });

  it('is told of a key file that is not there before anything happens', async () => {
    const ran = await promote({ repository: 'nothing', 'signing-key': 'no-such.key' });
    expect(ran.failure?.message).toMatch(/"signing-key"|--signing-key/);
    expect(ran.failure?.code).toMatch(/^INPUT_|^KEY_/);
    expect(ran.said).not.toContain('Registry login');
  });
});
