/** Each command by itself: what it does, and what it leaves alone. */
import { describe, expect, it } from 'vitest';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { makeKeys, setUp } from '../set-up.js';
import { expectReported, groupsOf, readReport } from './reported.js';
import { pushByDocker } from './unsigned-tag.js';

const { stack, scenario, gunOf, publishesSince } = await setUp();
const keys = await makeKeys(scenario);

/** Requests that changed something of the repository, in registry or trust server. */
async function writesSince(mark: number, repository: string): Promise<string[]> {
  const seen = await stack.requests({ since: mark, matching: repository });
  return seen.filter(({ method }) => !/^(GET|HEAD)$/.test(method)).map(({ path }) => path);
}

describe('buildAndPush for several platforms', () => {
  it('signs the index, and each platform is pulled through it', async () => {
    const repository = scenario.repository();
    const result = await scenario.run({
      host: 'action',
      docker: 'docker26',
      dockerConfig: await stack.makeDockerConfig({ buildx: true }),
      inputs: {
        ...keys,
        repository,
        tags: 'multi',
        platforms: 'linux/amd64,linux/arm64',
        context: await stack.makeImageContext(repository),
      },
    });
    expectSuccess(result);
    const expected = { repository, tags: ['multi'], engine: 'native', initialised: true } as const;
    const digest = await expectReported(scenario, result, expected);
    const content = (await stack.manifest(repository, digest))?.content ?? '';
    const index = JSON.parse(Buffer.from(content, 'base64').toString()) as {
      readonly manifests: readonly { readonly platform: Readonly<Record<string, string>> }[];
    };
    const architectures = index.manifests.map(({ platform }) => platform.architecture);
    expect(architectures).toEqual(expect.arrayContaining(['amd64', 'arm64']));
    await expectSigned(scenario, repository, { tags: ['multi'], digest });
    const other = await stack.docker({
      engine: 'docker26',
      args: ['pull', '--platform', 'linux/arm64', `${gunOf(repository)}:multi`],
      login: { server: scenario.registry.loginServer, ...scenario.reader.login },
      trust: true,
    });
    expect(other.exitCode, other.output).toBe(0);
    expect(other.output).toContain(digest);
  });
});

describe('buildAndPush of a tag that stands already', () => {
  it('moves the signature to the new content', async () => {
    const repository = scenario.repository();
    const digests: string[] = [];
    for (const content of ['old', 'new']) {
      const result = await scenario.run({
        host: 'cli',
        docker: 'docker20',
        inputs: {
          ...keys,
          repository,
          tags: 'latest',
          context: await stack.makeImageContext(`${repository} ${content}`),
        },
      });
      expectSuccess(result);
      const expected = {
        repository,
        tags: ['latest'],
        engine: 'native',
        initialised: content === 'old',
      } as const;
      digests.push(await expectReported(scenario, result, expected));
    }
    const [old = '', digest = ''] = digests;
    expect(digest).not.toBe(old);
    await expectSigned(scenario, repository, { tags: ['latest'], digest });
    const listed = await stack.notaryList({
      ref: gunOf(repository),
      login: scenario.reader.login,
    });
    expect(listed.map(({ digest: hex }) => hex)).toEqual([digest.replace('sha256:', '')]);
  });
});

describe('build', () => {
  const nobody = { 'client-id': undefined, 'tenant-id': undefined, 'client-secret': undefined };

  it.each([
    { docker: 'docker20', builder: 'classic' },
    { docker: 'docker26', builder: 'buildx' },
  ] as const)(
    'leaves the image with $docker by $builder, and nothing is pushed or signed',
    async ({ docker, builder }) => {
      const repository = scenario.repository();
      const mark = await stack.requestMark();
      const result = await scenario.run({
        host: 'task',
        docker,
        dockerConfig: await stack.makeDockerConfig({ buildx: builder === 'buildx' }),
        inputs: {
          ...nobody,
          command: 'build',
          repository,
          tags: 'a, b',
          builder,
          context: await stack.makeImageContext(repository),
        },
      });
      expectSuccess(result);
      expect(result.outputs).toEqual({});
      expect(result.summary).toContain('### ✅ Image without a signature');
      expect(groupsOf('task', result)).toEqual(['Docker', 'Base images', 'Build']);
      expect(await writesSince(mark, repository)).toEqual([]);
      expect(await stateOf(scenario, repository)).toEqual({ trust: {}, tags: [] });
      for (const tag of ['a', 'b']) {
        const args = ['run', '--rm', '--network', 'none', `${gunOf(repository)}:${tag}`];
        const started = await stack.docker({ engine: docker, args });
        expect(started.stdout, started.output).toBe(repository);
      }
    },
  );
});

describe('build from a base image of the registry', () => {
  it('logs in to read it, also with content trust off', async () => {
    const [repository, base] = [scenario.repository(), scenario.repository()];
    await pushByDocker(scenario, base, '1.0');
    const ref = `${gunOf(base)}:1.0`;
    await stack.docker({ engine: 'docker20', args: ['rmi', ref] });
    const context = await stack.makeImageContext(repository, {
      dockerfile: `FROM ${ref}\nCOPY marker /own`,
    });
    const inputs = { command: 'build', repository, tags: 'a', context, 'content-trust': 'false' };
    const result = await scenario.run({ host: 'cli', docker: 'docker20', inputs });
    expectSuccess(result);
    expect(groupsOf('cli', result).slice(0, 3)).toEqual(['Docker', 'Registry login', 'Build']);
    expect(await stateOf(scenario, repository)).toEqual({ trust: {}, tags: [] });
  });
});

describe('push', () => {
  it.each([
    { docker: 'docker20', engine: 'native' },
    { docker: 'docker26', engine: 'native' },
    { docker: 'docker20', engine: 'docker' },
  ] as const)(
    'pushes what $docker has under each tag, signed by $engine',
    async ({ docker, engine }) => {
      const repository = scenario.repository();
      const tags = ['1', '2'];
      const names = tags.flatMap((tag) => ['-t', `${gunOf(repository)}:${tag}`]);
      const context = await stack.makeImageContext(repository);
      const built = await stack.docker({
        engine: docker,
        args: ['build', ...names, context],
        env: { DOCKER_BUILDKIT: '0' },
      });
      expect(built.exitCode, built.output).toBe(0);
      const { vault } = scenario;
      const own =
        engine === 'native'
          ? keys
          : { 'signing-key': await vault.secretKey(), 'root-key': await vault.secretKey() };
      const inputs = { ...own, command: 'push', repository, tags: tags.join('\n'), engine };
      const result = await scenario.run({ host: 'action', docker, inputs });
      expectSuccess(result);
      const expected = { repository, tags, engine, initialised: true };
      const digest = await expectReported(scenario, result, expected);
      await expectSigned(scenario, repository, { tags, digest });
      expect(groupsOf('action', result)).not.toContain('Build');
    },
  );
});

describe('sign', () => {
  it('signs tags of different images in one publish, without any Docker', async () => {
    const repository = scenario.repository();
    const digests = new Map<string, string>();
    for (const tag of ['a', 'b', 'c', 'left-out']) {
      digests.set(tag, await pushByDocker(scenario, repository, tag));
    }
    const mark = await stack.requestMark();
    const inputs = { ...keys, command: 'sign', repository, tags: 'a, b, c' };
    const result = await scenario.run({ host: 'task', inputs });
    expectSuccess(result);
    expect(await publishesSince(mark, repository)).toHaveLength(1);
    expect(groupsOf('task', result)).toEqual([
      'Registry login',
      'Digest',
      'Trust data',
      'Signature',
      'Result',
    ]);
    expect(result.outputs['signed-tags']).toBe('a,b,c');
    expect(result.outputs).not.toHaveProperty('digest');
    expect(result.outputs).not.toHaveProperty('image');
    const { tags } = await readReport(result);
    expect(tags.map(({ tag, digest, signed }) => [tag, digest, signed])).toEqual(
      ['a', 'b', 'c'].map((tag) => [tag, digests.get(tag), true]),
    );
    for (const tag of ['a', 'b', 'c']) {
      const digest = digests.get(tag) ?? '';
      await expectSigned(scenario, repository, { tags: [tag], digest, unsigned: 'left-out' });
    }
  });

  it('publishes nothing when the tags are signed as they stand', async () => {
    const repository = scenario.repository();
    const digest = await pushByDocker(scenario, repository, '1');
    const inputs = { ...keys, command: 'sign', repository, tags: '1' };
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
    const before = await stateOf(scenario, repository);
    const mark = await stack.requestMark();
    const again = await scenario.run({ host: 'cli', inputs });
    expectSuccess(again);
    const expected = { repository, tags: ['1'], engine: 'native', initialised: false } as const;
    expect(await expectReported(scenario, again, expected)).toBe(digest);
    expect(await publishesSince(mark, repository)).toEqual([]);
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('signs what is given as digest, and stops where a tag stands for anything else', async () => {
    const repository = scenario.repository();
    const right = await pushByDocker(scenario, repository, 'right');
    await pushByDocker(scenario, repository, 'wrong');
    const inputs = { ...keys, command: 'sign', repository, digest: right };
    const before = await stateOf(scenario, repository);
    const stopped = await scenario.run({
      host: 'action',
      inputs: { ...inputs, tags: 'right, wrong' },
    });
    expectFailure(stopped, { code: 'TAG_MOVED', message: /:wrong points to sha256:/ });
    expect(await stateOf(scenario, repository)).toEqual(before);

    const result = await scenario.run({ host: 'action', inputs: { ...inputs, tags: 'right' } });
    expectSuccess(result);
    const expected = { repository, tags: ['right'], engine: 'native', initialised: true } as const;
    expect(await expectReported(scenario, result, expected)).toBe(right);
    await expectSigned(scenario, repository, {
      tags: ['right'],
      digest: right,
      unsigned: 'wrong',
    });
  });
});

describe('content trust switched off for the step', () => {
  it('pushes unsigned, says so, and asks the trust server for nothing', async () => {
    const repository = scenario.repository();
    const mark = await stack.requestMark();
    const result = await scenario.run({
      host: 'action',
      docker: 'docker20',
      inputs: {
        repository,
        tags: 'plain',
        'content-trust': 'false',
        context: await stack.makeImageContext(repository),
      },
    });
    expectSuccess(result);
    expect(await stack.requests({ since: mark, matching: `${repository}/_trust/` })).toEqual([]);
    const digest = (await stack.manifest(repository, 'plain'))?.digest;
    expect(result.outputs).toEqual({
      digest,
      image: `${gunOf(repository)}@${String(digest)}`,
      'trust-report': result.outputs['trust-report'],
    });
    const report = await readReport(result);
    expect(report.tags).toMatchObject([{ tag: 'plain', digest, signed: false }]);
    expect(report).not.toHaveProperty('key');
    expect(report.roles).toEqual([]);
    expect(report.warnings.join()).toMatch(/Content trust is off.*pushed without a signature/);
    expect(result.summary).toContain('### ✅ Image without a signature');
    expect(result.summary).toContain('`plain` (unsigned)');
    const { reader } = scenario;
    const ref = `${gunOf(repository)}:plain`;
    const pull = (trust: boolean) =>
      stack.dockerPull({ engine: 'docker20', ref, login: reader.login, trust });
    expect((await pull(true)).exitCode).not.toBe(0);
    expect((await pull(false)).exitCode).toBe(0);
  });
});
