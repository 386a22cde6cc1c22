/** What is signed in repositories, and by whom; the Docker CLI's own inspection is the judge. */
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { anyText, expectFailure, expectSuccess } from '../expectations.js';
import { createDockerOwner, writeBeside } from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost, ProductResult } from '../product.js';
import { credentialsOf } from '../scenario.js';
import { setUp } from '../set-up.js';

const { stack, scenario, gunOf } = await setUp();
/** Signed by Docker in `targets` (1, moved), by us in a delegation (ours), and not at all (plain). */
let repository = '';
/** Never signed. */
let untrusted = '';

beforeAll(async () => {
  repository = scenario.repository();
  untrusted = scenario.repository();
  const owner = await createDockerOwner(scenario, repository);
  await owner.push('1');
  await owner.push('moved');
  const name = uniqueName('key');
  const vault = scenario.vault.name;
  const { kid, jwk } = await stack.azure.createKey({ vault, name, kty: 'EC', crv: 'P-256' });
  const pem = createPublicKey({ key: jwk, format: 'jwk' });
  const text = pem.export({ type: 'spki', format: 'pem' }).toString();
  const file = await writeBeside(owner.config, 'pipeline.pem', text);
  await owner.trust('signer', 'add', '--key', file, 'pipeline', gunOf(repository));
  for (const tag of ['ours', 'plain', 'moved']) await pushUnsigned(scenario, repository, tag);
  await pushUnsigned(scenario, untrusted, 'latest');
  const inputs = { command: 'sign', 'signing-key': kid, repository, tags: 'ours' };
  expectSuccess(await scenario.run({ host: 'cli', inputs }));
});

/** Inspects as a principal that may only pull, without any Docker. */
const inspect = (host: ProductHost, inputs: Readonly<Record<string, string | undefined>>) =>
  scenario.run({
    host,
    inputs: { ...credentialsOf(scenario.reader), command: 'inspect', ...inputs },
  });

/** The bytes that the Docker CLI prints. */
async function dockerSays(...refs: string[]): Promise<string> {
  const login = { server: scenario.registry.loginServer, ...scenario.reader.login };
  const args = ['trust', 'inspect', ...refs];
  return (await stack.docker({ engine: 'docker26', args, login })).stdout;
}

const report = async ({ outputs }: ProductResult) =>
  JSON.parse(await readFile(outputs['trust-report'] ?? '', 'utf8')) as {
    readonly repositories: readonly {
      readonly roles: readonly { readonly role: string }[];
      readonly tags: readonly { readonly tag: string }[];
      readonly unsignedTags: readonly object[];
    }[];
  };

describe('inspect', () => {
  it.each(['task', 'action', 'cli'] as const)(
    'shows on the %s what Docker shows, byte for byte, and all that Docker does not',
    async (host) => {
      const result = await inspect(host, { repository });
      expectSuccess(result);
      const document = await readFile(result.outputs.inspection ?? '', 'utf8');
      expect(document).toBe(await dockerSays(gunOf(repository)));
      expect(document).toContain('"SignedTag": "ours"');

      const [facts] = (await report(result)).repositories;
      expect(facts?.roles.map(({ role }) => role)).toEqual([
        'root',
        'targets',
        'snapshot',
        'timestamp',
        'targets/pipeline',
        'targets/releases',
      ]);
      for (const role of facts?.roles ?? []) {
        expect(role).toMatchObject({ threshold: 1, version: expect.any(Number) as number });
      }
      const moved = (await stack.manifest(repository, 'moved'))?.digest;
      expect(facts?.tags).toMatchObject([
        { tag: '1', roles: ['targets'], signers: ['Repo Admin'], registry: 'same' },
        { tag: 'moved', registry: 'differs', registryDigest: moved },
        { tag: 'ours', signers: ['pipeline'], registry: 'same', isPulled: true },
      ]);
      expect(facts?.unsignedTags).toMatchObject([
        { tag: 'plain', notaryProject: { signatures: [] } },
      ]);
      expect(result.output).toMatch(/targets\/releases +1 +20\d\d-\d\d-\d\d +valid +1 of 1 +all/);
      expect(result.output).toMatch(/UNSIGNED TAG\s+plain/);
      // Azure Pipelines does not draw it.
      expect(result.summary.includes('```mermaid\nflowchart LR\n')).toBe(host !== 'task');
    },
  );

  it('takes several repositories and single tags, and says which have no trust data', async () => {
    const images = [`${gunOf(repository)}:ours`, gunOf(untrusted)].join();
    const result = await inspect('action', { registry: undefined, images });
    expectSuccess(result);
    const document = await readFile(result.outputs.inspection ?? '', 'utf8');
    expect(document).toBe(await dockerSays(`${gunOf(repository)}:ours`));
    expect(result.output).toContain('no trust data: nothing is signed');
    const { repositories } = await report(result);
    expect(repositories[1]).toMatchObject({
      name: gunOf(untrusted),
      hasTrustData: false,
      unsignedTags: [{ tag: 'latest' }],
    });

    const both = await inspect('task', { repository: `${repository}, ${untrusted}` });
    expectSuccess(both);
    expect((await report(both)).repositories).toHaveLength(2);
  });

  it('prints nothing but the JSON on standard output when that is asked for', async () => {
    const result = await inspect('cli', { repository, format: 'json' });
    expect(result.exitCode, result.output).toBe(0);
    expect(result.stdout).toBe(await dockerSays(gunOf(repository)));
    expect(result.stderr).toMatch(/SIGNED TAG/);
  });

  it('looks at all before it fails for those that it cannot look at', async () => {
    const result = await inspect('task', { repository: `${repository}, never/pushed` });
    expectFailure(result, {
      code: 'MANIFEST_NOT_FOUND',
      message: /1 of 2 repositories: each could not be inspected/,
      outputs: { inspection: anyText },
    });
    expect(result.output).toMatch(/SIGNED TAG/);
    expect((await report(result)).repositories).toHaveLength(1);
  });

  it('refuses a root that is not the pinned one, and shows nothing of it', async () => {
    const result = await inspect('cli', { repository, 'trust-pin': 'ab'.repeat(32) });
    expectFailure(result, {
      code: 'TRUST_PIN_MISMATCH',
      message: new RegExp(repository),
      outputs: { inspection: anyText },
    });
    expect(result.output).not.toMatch(/SIGNED TAG/);
  });
});
