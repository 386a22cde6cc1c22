/** What a build is asked for ends up in the image, with either builder. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectSigned } from '../expectations.js';
import { removeRun } from '../product.js';
import { setUp } from '../set-up.js';
import { recordDocker } from '../secrets/recorder.js';
import { build, contentOf, dockerOf, labelsOf, runnable, type Builder } from './builds.js';

const { stack, scenario } = await setUp();
const builders: readonly Builder[] = ['classic', 'buildx'];

describe.each(builders)('with the builder %s', (builder) => {
  it('arguments, target, labels, network and several tags are as asked for', async () => {
    const context = await stack.makeImageContext('own', {
      dockerfile: runnable(
        'ARG VERSION',
        'ARG FROM_ENVIRONMENT',
        'ARG UNSET=fallback',
        'ARG EXTRA',
        'RUN echo "$VERSION" > /version; echo "$FROM_ENVIRONMENT" > /environment',
        'RUN echo "$UNSET $EXTRA" > /more; ls /sys/class/net > /net',
        'FROM base AS other',
        'RUN exit 9',
      ),
    });
    const recorder = await recordDocker(stack.info, dockerOf[builder]);
    const repository = scenario.repository();
    const result = await build(scenario, {
      builder,
      programs: recorder.folder,
      env: { FROM_ENVIRONMENT: 'of the run', PASSED_ON: 'yes', HELD_BACK: 'no' },
      inputs: {
        repository,
        context,
        tags: '1.0, 1, latest',
        target: 'base',
        'build-args': 'VERSION=1.4.2 "quoted" = $HOME\nFROM_ENVIRONMENT',
        labels: 'org.example.title=An app, with = and "quotes"\norg.example.empty=',
        'build-arguments': `--network none --build-arg 'EXTRA=two words'`,
        'pass-environment': 'PASSED_ON',
      },
    });
    expect(await contentOf(scenario, result, '/version', '/environment', '/more', '/net')).toEqual([
      '1.4.2 "quoted" = $HOME',
      'of the run',
      'fallback two words',
      'lo',
    ]);
    expect(await labelsOf(scenario, result)).toMatchObject({
      'org.example.title': 'An app, with = and "quotes"',
      'org.example.empty': '',
    });
    const calls = await recorder.calls();
    const building = calls.find(({ args }) => args.includes('--build-arg'));
    expect(building?.environment).toMatchObject({
      FROM_ENVIRONMENT: 'of the run',
      PASSED_ON: 'yes',
      DOCKER_CONTENT_TRUST: '0',
    });
    expect(building?.environment.HELD_BACK).toBeUndefined();
    const digest = result.outputs.digest ?? '';
    await expectSigned(scenario, repository, { tags: ['1.0', '1', 'latest'], digest });
    await removeRun(result);
  });

  it('no-cache runs every step anew, and otherwise none', async () => {
    const context = await stack.makeImageContext('own', {
      dockerfile: runnable(`ARG ROUND=${uniqueName('round')}`, 'RUN cat /proc/uptime > /stamp'),
    });
    const stamps: string[] = [];
    for (const noCache of ['false', 'false', 'true']) {
      const result = await build(scenario, { builder, inputs: { context, 'no-cache': noCache } });
      stamps.push(...(await contentOf(scenario, result, '/stamp')));
      await removeRun(result);
    }
    const [first, second, third] = stamps;
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('a Dockerfile elsewhere is found from the working folder', async () => {
    const context = await stack.makeImageContext('own', { dockerfile: 'FROM nowhere.invalid/x' });
    const cwd = path.join(context, '..', uniqueName('work'));
    await mkdir(path.join(cwd, 'images'), { recursive: true });
    await writeFile(
      path.join(cwd, 'images/app.Dockerfile'),
      runnable('COPY marker /marker', 'RUN echo elsewhere > /which'),
    );
    const result = await build(scenario, {
      builder,
      cwd,
      inputs: { context: path.relative(cwd, context), dockerfile: 'images/app.Dockerfile' },
    });
    expect(await contentOf(scenario, result, '/which', '/marker')).toEqual(['elsewhere', 'own']);
    await removeRun(result);
  });
});

describe('with the builder buildx', () => {
  it('secrets are there while it builds, and not in the image', async () => {
    const context = await stack.makeImageContext('own', {
      dockerfile: runnable(
        'RUN --mount=type=secret,id=one sha256sum < /run/secrets/one > /one',
        'RUN --mount=type=secret,id=two sha256sum < /run/secrets/two > /two',
      ),
    });
    const secrets = [uniqueName('of-environment'), uniqueName('of-file')] as const;
    const file = path.join(context, '..', uniqueName('secret'));
    await writeFile(file, secrets[1], { mode: 0o600 });
    const result = await build(scenario, {
      builder: 'buildx',
      env: { TOKEN_ONE: secrets[0] },
      inputs: { context, secrets: `id=one,env=TOKEN_ONE\nid=two,src=${file}` },
    });
    const seen = await contentOf(scenario, result, '/one', '/two', '/run/secrets/one');
    const hashes = secrets.map((text) => createHash('sha256').update(text).digest('hex'));
    expect(seen).toEqual([...hashes.map((hash) => `${hash}  -`), 'absent']);
    for (const secret of secrets) expect(result.output).not.toContain(secret);
    await removeRun(result);
  });

  it('the cache of a registry is written and used', async () => {
    const cache = `type=registry,ref=${scenario.registry.loginServer}/${scenario.repository()}:cache`;
    const dockerfile = runnable(
      `ARG ROUND=${uniqueName('round')}`,
      'RUN cat /proc/uptime > /stamp',
    );
    const context = await stack.makeImageContext('own', { dockerfile });
    const inputs = { context, 'cache-to': `${cache},mode=max`, 'cache-from': cache };
    const first = await build(scenario, { builder: 'buildx', inputs });
    const stamp = await contentOf(scenario, first, '/stamp');
    const pruned = await stack.docker({
      engine: 'docker26',
      buildx: true,
      args: ['builder', 'prune', '--force', '--all'],
    });
    expect(pruned.exitCode, pruned.output).toBe(0);
    const second = await build(scenario, { builder: 'buildx', inputs });
    expect(await contentOf(scenario, second, '/stamp')).toEqual(stamp);
    expect(second.output).toMatch(/importing cache manifest/);
    await Promise.all([removeRun(first), removeRun(second)]);
  });
});
