import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { host, reportOf, startRegistryScenario } from './support/registry-scenario.js';
import type { RegistryScenario } from './support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
});
afterAll(() => scenario.close());

const inspect = (inputs: Readonly<Record<string, string>>) =>
  scenario.run('inspect', { registry: host, ...inputs });

async function signed(repository: string, ...tags: readonly string[]): Promise<string> {
  const digest = scenario.push(repository, tags);
  const inputs = { registry: host, repository, tags: tags.join() };
  expect((await scenario.run('sign', inputs)).failure).toBeUndefined();
  return digest;
}

describe('inspect', () => {
  it('shows what differs from the registry and what is not signed', async () => {
    const digest = await signed('drift', 'same', 'moved');
    const other = scenario.push('drift', ['moved', 'plain'], 'other content');
    const ran = await inspect({ repository: 'drift' });
    expect(ran.failure).toBeUndefined();
    const log = ran.lines.join('\n');
    expect(log).toMatch(/targets +1 +\d{4}-\d\d-\d\d +valid +1 of 1/);
    expect(log).toMatch(new RegExp(`moved +${digest} .*differs: ${other}`));
    expect(log).toMatch(/UNSIGNED TAG\s+plain/);
    expect(ran.summary).toContain('### ✅ Content trust: ');
    expect(ran.summary).toContain(`### ✅ Content trust: \`${host}/drift\``);
    expect(ran.summary).toContain(`⚠️ differs: ${other.slice(0, 19)}`);
    expect(ran.summary).toContain('✅ same');
    expect(ran.summary).toContain('Unsigned tags: `plain`');
    expect(ran.summary).toContain('```mermaid\nflowchart LR');
    expect(await reportOf(ran)).toMatchObject({
      formatVersion: 2,
      command: 'inspect',
      repositories: [
        {
          name: `${host}/drift`,
          tags: [
            { tag: 'moved', registry: 'differs', registryDigest: other },
            { tag: 'same', registry: 'same' },
          ],
          unsignedTags: [{ tag: 'plain' }],
        },
      ],
      failures: [],
    });
  });

  it('says that there is no trust data', async () => {
    scenario.push('untrusted', ['latest']);
    const ran = await inspect({ repository: 'untrusted' });
    expect(ran.failure).toBeUndefined();
    expect(ran.lines.join('\n')).toContain('no trust data: nothing is signed');
    expect(ran.summary).not.toContain('mermaid');
  });

  it('warns of roles that expire within the days that were asked for', async () => {
    await signed('soon', '1');
    const ran = await inspect({ repository: 'soon', 'warn-expiry-days': '2000' });
    expect(ran.warnings.join()).toContain(`targets of ${host}/soon expires on`);
    expect(ran.summary).toContain('⚠️ expiring');
  });

  it('takes repositories of a registry and images by name, each once', async () => {
    await signed('a', '1', '2');
    scenario.push('b/c', ['1']);
    const images = `${host}/a, ${host}/a:1, ${host}/a:3`;
    const ran = await inspect({ registry: 'Contoso.azurecr.io', repository: 'a, b/c', images });
    expect(ran.failure).toBeUndefined();
    const report = await reportOf(ran);
    expect(report?.repositories).toMatchObject([
      { name: `${host}/a` },
      { name: `${host}/b/c` },
      { name: `${host}/a:1`, tags: [{ tag: '1' }] },
      { name: `${host}/a:3`, tags: [] },
    ]);
  });

  it('looks at all before it fails for those that it cannot look at', async () => {
    await signed('well', '1');
    const ran = await inspect({ repository: 'well, never/pushed' });
    expect(ran.failure?.code).toBe('MANIFEST_NOT_FOUND');
    expect(ran.failure?.message).toContain('1 of 2 repositories: each could not be inspected.');
    expect(ran.outputs.inspection).toBeDefined();
    expect(await reportOf(ran)).toMatchObject({
      repositories: [{ name: `${host}/well` }],
      failures: [{ name: `${host}/never/pushed`, code: 'MANIFEST_NOT_FOUND' }],
    });
  });

  it.each([
    ['nothing', { registry: '' }, 'INPUT_MISSING', /"repository" is not set/],
    ['a registry alone', {}, 'INPUT_MISSING', /"repository"/],
    ['no name at all', { repository: ' , ' }, 'INPUT_MISSING', /"repository"/],
    ['a repository alone', { registry: '', repository: 'a' }, 'INPUT_MISSING', /"registry" is not/],
    ['a digest', { images: `a.io/b@sha256:${'a'.repeat(64)}` }, 'INPUT_INVALID', /names a digest/],
    ['days that are none', { images: 'a.io/b', 'warn-expiry-days': 'x' }, 'INPUT_INVALID', /days/],
    [
      'a trust server for no registry',
      { registry: '', images: 'a.io/b', 'trust-server': 'https://n.io' },
      'INPUT_MISSING',
      /"registry" is not set, but "trust-server" is/,
    ],
  ])('is refused with %s', async (_what, inputs, code, message) => {
    const { failure } = await inspect(inputs);
    expect(failure?.code).toBe(code);
    expect(failure?.message).toMatch(message);
  });
});
