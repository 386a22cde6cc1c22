/**
 * "enforce" twice over: Dockerfiles that hide an unsigned image are refused by us before the build,
 * and by BuildKit itself, through the source policy, had our reading missed it.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { policyFor } from '../../../src/docker/source-policy/index.js';
import { expectFailure, expectSuccess } from '../expectations.js';
import { removeRun, type ProductResult } from '../product.js';
import { makeKeys, setUp } from '../set-up.js';
import { filesOf, makeMovedBase, pushPlain, signedContent, type MovedBase } from './bases.js';

const { stack, scenario } = await setUp();
let base: MovedBase;
/** Not signed. */
let evil: string;
/** Signed; an ONBUILD instruction in it copies from {@link evil}. */
let trap: string;

beforeAll(async () => {
  base = await makeMovedBase(scenario, 'base');
  const repository = `${scenario.repository()}/evil`;
  await pushPlain(scenario, repository, 'evil');
  evil = `${scenario.registry.loginServer}/${repository}:1.0`;
  const own = `${scenario.repository()}/trap`;
  const dockerfile = `FROM ${base.ref}\nONBUILD COPY --from=${evil} /marker /evil\n`;
  const result = await build({ dockerfile, inputs: { repository: own } });
  expectSuccess(result);
  trap = `${scenario.registry.loginServer}/${own}:1.0`;
  await removeRun(result);
});

interface BuildOf {
  readonly dockerfile: string;
  readonly builder?: 'classic' | 'buildx';
  readonly env?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
}

async function build({
  dockerfile,
  builder = 'buildx',
  env,
  inputs,
}: BuildOf): Promise<ProductResult> {
  return scenario.run({
    host: 'cli',
    docker: builder === 'classic' ? 'docker20' : 'docker26',
    dockerConfig: await stack.makeDockerConfig({ buildx: builder === 'buildx' }),
    ...(env && { env }),
    inputs: {
      repository: scenario.repository(),
      tags: '1.0',
      builder,
      'base-images': 'enforce',
      context: await stack.makeImageContext('own', { dockerfile }),
      ...(await makeKeys(scenario)),
      ...inputs,
    },
  });
}

/** What each hides, and how. */
const hidden = (): Readonly<Record<string, string>> => ({
  'behind a pattern': [`ARG V=x${evil}`, 'ARG E=${V#x}', 'FROM ${E:-' + base.ref + '}'].join('\n'),
  'behind a quoted blank': `FROM ${base.ref}\nRUN --mount=type=cache,target="/a b" --mount=type=bind,from=${evil},target=/e ["/bin/busybox","true"]`,
  'behind an escaped blank': `FROM ${base.ref}\nRUN --mount=type=cache,target=/a\\ b --mount=type=bind,from=${evil},target=/e ["/bin/busybox","true"]`,
  'behind a platform': `FROM ${evil.replace(/:1\.0$/, '')}:1.0\${TARGETVARIANT}`,
  'in front of a shebang': `#!/usr/bin/env docker\n# syntax=${evil}\nFROM ${base.ref}`,
});

describe.each([0, 1, 2, 3, 4])('an unsigned image in a Dockerfile (%i)', (index) => {
  it('is refused before the build, and by the builder alone', async () => {
    const [, dockerfile = ''] = Object.entries(hidden())[index] ?? [];
    const result = await build({ dockerfile, inputs: { platforms: 'linux/x86_64' } });
    expectFailure(result, { code: 'BASE_IMAGE_UNSIGNED', message: /these have none: / });
    expect(result.stderr).not.toMatch(/^Build$/m);
    await removeRun(result);

    const context = await stack.makeImageContext('own', { dockerfile });
    const policy = path.join(context, 'policy.json');
    const pinned = `${base.ref.replace(/:1\.0$/, '')}@${base.signedDigest}`;
    await writeFile(policy, policyFor([pinned]));
    const alone = await stack.docker({
      engine: 'docker26',
      buildx: true,
      login: { server: scenario.registry.loginServer, ...scenario.signer.login },
      args: [
        ...[
          'buildx',
          'build',
          '--no-cache',
          '--build-context',
          `${base.ref}=docker-image://${pinned}`,
        ],
        context,
      ],
      env: { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: policy },
    });
    expect(alone.exitCode, alone.output).not.toBe(0);
    expect(alone.output).toContain('denied by policy');
    expect(alone.output).toContain(evil);
  });
});

describe('an unsigned image that only ONBUILD of a signed base names', () => {
  it('does not get into a build of a builder that obeys the policy', async () => {
    const repository = scenario.repository();
    const dockerfile = `FROM ${trap}\nCOPY marker /own`;
    const result = await build({ dockerfile, inputs: { repository } });
    // This BuildKit takes no images from ONBUILD at all; newer ones do, and deny this one.
    expect(result.exitCode, result.output).not.toBe(0);
    expect(result.output).toContain('may use these images and no others');
    expect(await stack.tags(repository)).toEqual([]);
    await removeRun(result);
  });

  it('is read from the base where the builder obeys no policy', async () => {
    const result = await build({
      builder: 'classic',
      dockerfile: `FROM ${trap}\nCOPY marker /own`,
    });
    expectFailure(result, { code: 'BASE_IMAGE_UNSIGNED', message: /ONBUILD .*evil/ });
    expect(result.stderr).not.toMatch(/^Build$/m);
    await removeRun(result);
  });
});

describe("the user's own source policy", () => {
  const policyOf = async (rules: readonly unknown[]): Promise<string> => {
    const file = path.join(await stack.makeImageContext('policy'), 'policy.json');
    await writeFile(file, JSON.stringify({ rules }));
    return file;
  };

  it.each(['enforce', 'pin-signed'])('may not convert a verified image: %s', async (policy) => {
    const file = await policyOf([
      {
        action: 'CONVERT',
        selector: { identifier: 'docker-image://*' },
        updates: { identifier: `docker-image://${evil}` },
      },
    ]);
    const result = await build({
      dockerfile: `FROM ${base.ref}\nCOPY marker /own`,
      env: { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: file },
      inputs: { 'base-images': policy },
    });
    expectFailure(result, { code: 'BASE_IMAGE_CONFLICT', message: /CONVERT/ });
    await removeRun(result);
  });

  it('stays in force: what it denies stays denied', async () => {
    const deny = await policyOf([
      { action: 'DENY', selector: { identifier: `docker-image://*@${base.signedDigest}` } },
    ]);
    const dockerfile = `FROM ${base.ref}\nCOPY marker /own`;
    const denied = await build({ dockerfile, env: { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: deny } });
    expectFailure(denied, { code: 'BASE_IMAGE_UNSIGNED', message: /source policy/ });
    await removeRun(denied);
  });
});

describe('a signed base and nothing else', () => {
  it('builds under "enforce", with the content that was signed', async () => {
    const dockerfile = `FROM ${base.ref}\nCOPY --from=${base.ref} /marker /copied\n`;
    const result = await build({ dockerfile, inputs: { platforms: 'linux/amd64/v1' } });
    expectSuccess(result);
    expect(await filesOf(scenario, result.outputs.image ?? '', ['/marker', '/copied'])).toEqual([
      signedContent('base'),
      signedContent('base'),
    ]);
    await removeRun(result);
  });
});
