/** Docker that is not there or not fit, Dockerfiles and builds that fail, pushes that fail. */
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FrontFault } from '../../stack/index.js';
import { stateOf } from '../expectations.js';
import { pushByDocker } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { setUp } from '../set-up.js';
import { expectRefused, type Expected, type FailingRun, type Reach } from './refused.js';

const { stack, scenario } = await setUp();
const context = await stack.makeImageContext('docker');
const withBuildx = await stack.makeDockerConfig({ buildx: true });

const everywhere: readonly ProductHost[] = ['action', 'task', 'cli'];

async function refuse(
  { inputs, ...options }: Partial<FailingRun>,
  expected: Expected,
  reach: Reach = {},
): Promise<void> {
  const isDocker = inputs?.engine === 'docker';
  const key = () => (isDocker ? scenario.vault.secretKey() : scenario.vault.key());
  await expectRefused(
    scenario,
    {
      docker: 'docker20',
      inputs: {
        repository: scenario.repository(),
        tags: '1.0',
        context,
        'signing-key': await key(),
        'root-key': await key(),
        ...inputs,
      },
      ...options,
    },
    expected,
    reach,
  );
}

const buildx = () => ({ docker: 'docker26', dockerConfig: withBuildx }) as const;

describe('a Docker that cannot do it', () => {
  it.concurrent.each(everywhere)('is told on the %s: there is none', async (host) => {
    await refuse(
      { host, env: { PATH: stack.info.folder } },
      {
        code: 'DOCKER_NOT_FOUND',
        message: /docker/i,
        remedy: /PATH/,
      },
    );
  });

  it.concurrent.each(everywhere)('is told on the %s: its engine is down', async (host) => {
    await refuse(
      { host, env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } },
      {
        code: 'DOCKER_ENGINE_DOWN',
        message: /No Docker engine answers \(DOCKER_HOST unix:\/\/\/nowhere\/docker\.sock\)/,
        remedy: /Start the engine, or point DOCKER_HOST/,
      },
    );
  });

  it.concurrent.each(everywhere)('is told on the %s: version 29 cannot sign', async (host) => {
    const folder = await mkdtemp(path.join(stack.info.folder, 'docker29-'));
    const calls = path.join(folder, 'calls');
    await writeFile(
      path.join(folder, 'docker'),
      [
        '#!/bin/sh',
        `echo "$*" >> ${calls}`,
        `echo '{"Client":{"Version":"29.0.1","ApiVersion":"1.52"},"Server":{"Version":"29.0.1","Os":"linux","Arch":"amd64"}}'`,
        '',
      ].join('\n'),
    );
    await chmod(path.join(folder, 'docker'), 0o755);
    const key = await scenario.vault.secretKey();
    await expectRefused(
      scenario,
      {
        host,
        env: { PATH: `${folder}:/usr/bin:/bin` },
        inputs: {
          repository: scenario.repository(),
          tags: '1.0',
          context,
          engine: 'docker',
          'signing-key': key,
        },
      },
      {
        code: 'DOCKER_UNSUITABLE',
        message: /Docker CLI 29\.0\.1 has no content trust: it would push an unsigned image/,
        remedy: /`engine: native`.*28\.5\.2/,
      },
    );
    // Nothing but questions.
    expect(await readFile(calls, 'utf8')).toMatch(
      /^(?:(?:version|info) [^\n]*\n|buildx version\n)+$/,
    );
  });

  it.concurrent('is told: the containerd image store, where Docker cannot sign', async () => {
    await refuse(
      { docker: 'docker26', inputs: { engine: 'docker' } },
      {
        code: 'DOCKER_UNSUITABLE',
        message: /Docker Engine 26\S+ keeps images in the containerd image store/,
        remedy: /`engine: native`.*daemon\.json/,
      },
    );
  });

  it.concurrent('is told: no buildx for several platforms', async () => {
    await refuse(
      { inputs: { platforms: 'linux/amd64,linux/arm64' } },
      {
        code: 'DOCKER_UNSUITABLE',
        message: /This Docker has no buildx, and the build needs it/,
        remedy: /Install the docker-buildx plugin/,
      },
    );
  });

  it.concurrent('is told: a builder that nobody made', async () => {
    await refuse(
      { ...buildx(), inputs: { 'builder-name': 'nobodys-builder' } },
      {
        code: 'DOCKER_UNSUITABLE',
        message: /The builder "nobodys-builder" cannot be inspected/,
        remedy: /docker buildx ls/,
      },
    );
  });

  it.concurrent('is told: what the classic builder cannot do', async () => {
    await refuse(
      { inputs: { builder: 'classic', secrets: 'id=npm,env=NPM_TOKEN' } },
      {
        code: 'INPUT_CONFLICT',
        message: /"secrets" asks for what only buildx can do, and the classic builder is to build/,
        remedy: /Leave secrets out, or let buildx build/,
      },
    );
  });
});

describe('what there is to build', () => {
  it.concurrent.each(everywhere)('needs a Dockerfile, as the %s says', async (host) => {
    const folder = await stack.makeImageContext('no dockerfile', {
      files: { 'Dockerfile.release': 'FROM scratch\n' },
    });
    await refuse(
      { host, inputs: { context: folder, dockerfile: path.join(folder, 'Dockerfile.prod') } },
      {
        code: 'DOCKERFILE_NOT_FOUND',
        message: /There is no Dockerfile \S+\/Dockerfile\.prod/,
        remedy: /Dockerfile, Dockerfile\.release/,
      },
    );
  });

  it.concurrent('has a hint for a Dockerfile named from within the context', async () => {
    await refuse(
      { inputs: { dockerfile: 'Dockerfile' } },
      {
        code: 'DOCKERFILE_NOT_FOUND',
        message: /There is no Dockerfile \S+\/Dockerfile/,
        remedy: /There is one in the context: set `dockerfile` to \S+\/Dockerfile/,
      },
    );
  });

  const ways = [
    ['classic', () => ({ docker: 'docker20' }) as const],
    ['buildx', buildx],
  ] as const;

  it.concurrent.each(ways)('needs a Dockerfile that is one: %s', async (builder, options) => {
    const dockerfile = 'FROM scratch\nCOPPY busybox /bin/\n';
    const folder = await stack.makeImageContext('no dockerfile', { dockerfile });
    await refuse(
      { ...options(), inputs: { context: folder, builder } },
      {
        code: 'DOCKERFILE_INVALID',
        message: /Line 2 of the Dockerfile: unknown instruction COPPY/,
        remedy: /Dockerfile/,
      },
    );
  });

  it.concurrent.each(ways)('needs the target to be there: %s', async (builder, options) => {
    await refuse(
      { ...options(), inputs: { builder, target: 'forgotten' } },
      {
        code: 'INPUT_INVALID',
        message: /The Dockerfile has no stage "forgotten"/,
        remedy: /target/,
      },
    );
  });

  it.concurrent('needs a context', async () => {
    await refuse(
      { inputs: { context: 'services/forgotten' } },
      {
        code: 'INPUT_INVALID',
        message: /The build context \S+\/services\/forgotten is not a folder/,
        remedy: /relative to the working folder/,
      },
    );
  });

  it.concurrent.each([
    ['--tag other:1.0', /"--tag"/, /`repository` and `tags`/],
    ['-t other:1.0', /"-t"/, /`repository` and `tags`/],
    ['--push', /"--push"/, /buildAndPush/],
    ['--output=type=tar,dest=x.tar', /"--output"/, /goes to the registry/],
    ['--disable-content-trust', /"--disable-content-trust"/, /`content-trust`/],
  ])('takes no %s', async (argument, message, remedy) => {
    await refuse(
      { inputs: { 'build-arguments': argument } },
      { code: 'INPUT_CONFLICT', message, remedy },
    );
  });
});

describe('an image', () => {
  it.concurrent('that the engine does not have is not pushed', async () => {
    await refuse(
      { inputs: { command: 'push' } },
      {
        code: 'PUSH_FAILED',
        message: /\S+:1\.0/,
        remedy: /Build the image first/,
      },
    );
  });

  it.concurrent('that the registry does not have is not signed', async () => {
    await refuse(
      { inputs: { command: 'sign' } },
      {
        code: 'MANIFEST_NOT_FOUND',
        message: /There is no image \S+:1\.0/,
        remedy: /Push the image first/,
      },
    );
  });

  it.concurrent('that is another than expected is not signed', async () => {
    const repository = scenario.repository();
    await pushByDocker(scenario, repository, '0.9');
    await refuse(
      { inputs: { command: 'sign', repository, tags: '0.9', digest: `sha256:${'0'.repeat(64)}` } },
      {
        code: 'TAG_MOVED',
        message: /:0\.9 points to sha256:\w{64}, not to sha256:0{64} as it should/,
        remedy: /Nothing was signed/,
      },
      { builds: true },
    );
  });
});

describe('a build that fails', () => {
  const builders = [
    ['classic', () => ({ docker: 'docker20' }) as const],
    ['buildx', buildx],
  ] as const;

  const dockerfiles = [
    [
      'in a step',
      'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox","sh","-c","exit 3"]\n',
      /exit (code:|code) |returned a non-zero code: 3|exit code: 3/,
    ],
    ['for want of a file', 'FROM scratch\nCOPY forgotten.txt /\n', /forgotten\.txt/],
  ] as const;

  const cases = builders.flatMap(([builder, options]) =>
    dockerfiles.map(([where, dockerfile, message]) => ({
      builder,
      options,
      where,
      dockerfile,
      message,
    })),
  );

  it.concurrent.each(cases)(
    'fails the run: $builder, $where',
    async ({ builder, options, dockerfile, message }) => {
      const folder = await stack.makeImageContext('fails', { dockerfile });
      await refuse(
        { ...options(), inputs: { context: folder, builder } },
        {
          code: 'BUILD_FAILED',
          message: new RegExp(
            `^docker build failed with exit code \\d+: [^]*(${message.source})`,
            'i',
          ),
          remedy: /Read the output of the build above/,
        },
        { builds: true },
      );
    },
  );

  it.concurrent.each(everywhere)('fails the run on the %s', async (host) => {
    const dockerfile = 'FROM scratch\nCOPY forgotten.txt /\n';
    const folder = await stack.makeImageContext('fails', { dockerfile });
    await refuse(
      { host, inputs: { context: folder, engine: 'docker' } },
      {
        code: 'BUILD_FAILED',
        message: /docker build failed with exit code 1: [^]*forgotten\.txt/,
        remedy: /Read the output of the build above/,
      },
      { builds: true },
    );
  });
});

describe('a push that fails', () => {
  const ways = [
    ['classic', 'native', () => ({ docker: 'docker20' }) as const],
    ['buildx', 'native', buildx],
    ['classic', 'docker', () => ({ docker: 'docker20' }) as const],
  ] as const;

  const answer = (status: number, code: string) =>
    ({
      kind: 'answer',
      status,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ errors: [{ code, message: 'as the registry puts it' }] }),
    }) as const satisfies FrontFault['failure'];
  const outOfOrder = { failure: answer(500, 'UNKNOWN'), code: 'PUSH_FAILED' } as const;
  const denied = { failure: answer(403, 'DENIED'), code: 'PUSH_NOT_AUTHORIZED' } as const;

  // Docker takes almost a minute to give up on a layer, so the classic builder's fail at a manifest.
  const cases = ways.flatMap(([builder, engine, options]) => [
    { builder, engine, options, what: 'PUT', where: 'manifests/', ...outOfOrder },
    builder === 'buildx'
      ? { builder, engine, options, what: 'POST', where: 'blobs/uploads', ...denied }
      : { builder, engine, options, what: 'PUT', where: 'manifests/', ...denied },
  ]);

  it.concurrent.each(cases)(
    'signs nothing: $builder, $engine engine, $where refused with $failure.status',
    async ({ builder, engine, options, what, where, failure, code }) => {
      const repository = scenario.repository();
      const target = `${scenario.registry.loginServer}/v2/${repository}/${where}`;
      await stack.failNext({ target, method: what, times: 1000, failure });
      await refuse(
        {
          ...options(),
          inputs: { repository, builder: engine === 'docker' ? undefined : builder, engine },
        },
        {
          code,
          message: /docker (push|buildx build --push)\b.* failed with exit code 1/,
          remedy: /\w/,
        },
        // The docker engine initialises the repository before Docker pushes.
        { builds: true, changes: engine === 'docker' },
      );
      const { tags, trust } = (await stateOf(scenario, repository)) as {
        tags: string[];
        trust: Record<string, string>;
      };
      expect(tags).toEqual([]);
      const targets = Buffer.from(trust.targets ?? '', 'base64').toString();
      expect(targets).toMatch(engine === 'docker' ? /"targets":\{\}/ : /^$/);
    },
  );

  it.concurrent('names the tags that were pushed before', async () => {
    const repository = scenario.repository();
    const target = `${scenario.registry.loginServer}/v2/${repository}/manifests/2\\.0`;
    await stack.failNext({ target, method: 'PUT', times: 1000, failure: outOfOrder.failure });
    await refuse(
      { inputs: { repository, tags: '1.0, 2.0' } },
      {
        code: 'PUSH_FAILED',
        message:
          /docker push \S+:2\.0 failed[^]*The registry holds \S+:1\.0, and this run has not signed it/,
        remedy: /\w/,
      },
      { builds: true, changes: true },
    );
    expect(await stateOf(scenario, repository)).toEqual({ trust: {}, tags: ['1.0'] });
  });

  it.concurrent.each([
    ['classic', () => ({ docker: 'docker20' }) as const],
    ['buildx', buildx],
  ] as const)('is followed by no signature when the tag moved: %s', async (builder, options) => {
    const repository = scenario.repository();
    const target = `${scenario.registry.loginServer}/v2/${repository}/manifests/1\\.0$`;
    await stack.failNext({
      target,
      method: 'GET',
      times: 1000,
      failure: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v2+json' },
        body: '{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}',
      },
    });
    await refuse(
      { ...options(), inputs: { repository, builder } },
      {
        code: 'TAG_MOVED',
        message:
          /:1\.0 points to sha256:\w{64}, not to sha256:\w{64}, which this run pushed.*The registry holds \S+:1\.0, and this run has not signed it/,
        remedy: /Run the step again/,
      },
      { builds: true, changes: true },
    );
    expect(await stateOf(scenario, repository)).toEqual({ trust: {}, tags: ['1.0'] });
  });
});
