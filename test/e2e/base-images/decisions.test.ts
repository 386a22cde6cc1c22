/**
 * What the signatures of base images decide: unsigned ones, ones named by digest, ones that a
 * build argument chooses, ones of another registry, and trust data that cannot be believed.
 */
import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../stack/index.js';
import { labelsOf } from '../build/builds.js';
import { expectFailure, expectSuccess, stateOf } from '../expectations.js';
import { readReport } from '../main-job/reported.js';
import { removeRun, type ProductResult } from '../product.js';
import { createScenario } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';
import type { Job } from '../trust/driver.js';
import {
  filesOf,
  makeMovedBase,
  movedContent,
  pushPlain,
  signedContent,
  type MovedBase,
} from './bases.js';

const { stack, scenario } = await setUp();
let base: MovedBase;
let expiring: Expiring;
let unsigned: { readonly ref: string; readonly digest: string };

beforeAll(async () => {
  base = await makeMovedBase(scenario, 'base');
  const repository = `${scenario.repository()}/unsigned`;
  const digest = await pushPlain(scenario, repository, 'unsigned');
  expiring = await publishExpiring();
  unsigned = { ref: `${scenario.registry.loginServer}/${repository}:1.0`, digest };
});

type Builder = 'classic' | 'buildx';
const builders: readonly Builder[] = ['classic', 'buildx'];

interface BuildOf {
  readonly repository?: string;
  readonly builder: Builder;
  readonly dockerfile: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly logins?: Readonly<Record<string, { username: string; password: string }>>;
}

async function build({
  builder,
  dockerfile,
  inputs,
  logins,
  ...of
}: BuildOf): Promise<ProductResult> {
  const result = await scenario.run({
    host: 'cli',
    docker: builder === 'classic' ? 'docker20' : 'docker26',
    dockerConfig: await stack.makeDockerConfig({
      buildx: builder === 'buildx',
      ...(logins && { logins }),
    }),
    inputs: {
      repository: of.repository ?? scenario.repository(),
      tags: '1.0',
      builder,
      context: await stack.makeImageContext('own', { dockerfile }),
      ...(await makeKeys(scenario)),
      ...inputs,
    },
  });
  return result;
}

describe.each(builders)('with the builder %s', (builder) => {
  it('"enforce" lists every base image that is not signed, and builds nothing', async () => {
    const repository = scenario.repository();
    const before = await stateOf(scenario, repository);
    const other = base.ref.replace(/:1\.0$/, ':other');
    const result = await build({
      repository,
      builder,
      dockerfile: [
        `FROM ${base.ref} AS signed`,
        `FROM ${unsigned.ref} AS unsigned`,
        `COPY --from=${other} /marker /other`,
      ].join('\n'),
      inputs: { 'base-images': 'enforce' },
    });
    expectFailure(result, {
      code: 'BASE_IMAGE_UNSIGNED',
      message: new RegExp(`these have none: ${unsigned.ref}, ${other}\\.`),
      remedy: /pin-signed/,
    });
    expect(result.stderr).not.toMatch(/^Build$/m);
    expect(await stateOf(scenario, repository)).toEqual(before);
    await removeRun(result);
  });

  it('"pin-signed" lists the unsigned and pins the signed', async () => {
    const result = await build({
      builder,
      dockerfile: [`FROM ${unsigned.ref}`, `COPY --from=${base.ref} /marker /signed`].join('\n'),
    });
    expectSuccess(result);
    expect(result.output).toContain(`${unsigned.ref}  not signed`);
    expect((await readReport(result)).baseImages).toEqual([
      { reference: unsigned.ref, status: 'unsigned' },
      { reference: base.ref, status: 'signed', digest: base.signedDigest },
    ]);
    expect(await filesOf(scenario, result.outputs.image ?? '', ['/marker', '/signed'])).toEqual([
      'unsigned',
      signedContent('base'),
    ]);
    // Nothing holds the build to a digest of what is not signed.
    expect(await labelsOf(scenario, result)).toEqual({
      'image.base.ref.name': unsigned.ref,
      'org.opencontainers.image.base.name': unsigned.ref,
    });
    await removeRun(result);
  });

  it('"enforce" accepts what is named by digest, whatever is signed', async () => {
    const byDigest = base.ref.replace(/:1\.0$/, `@${base.movedDigest}`);
    const result = await build({
      builder,
      dockerfile: `FROM ${byDigest}\nCOPY marker /own`,
      inputs: { 'base-images': 'enforce' },
    });
    expectSuccess(result);
    const files = await filesOf(scenario, result.outputs.image ?? '', ['/marker', '/own']);
    expect(files).toEqual([movedContent('base'), 'own']);
    expect(await labelsOf(scenario, result)).toMatchObject({
      'image.base.ref.name': base.ref.replace(/:1\.0$/, ''),
      'image.base.digest': base.movedDigest,
    });
    await removeRun(result);
  });

  it('a build argument that names the base image is what counts', async () => {
    const result = await build({
      builder,
      dockerfile: `ARG BASE=${unsigned.ref}\nFROM $BASE\nCOPY marker /own`,
      inputs: { 'base-images': 'enforce', 'build-args': `BASE=${base.ref}` },
    });
    expectSuccess(result);
    const files = await filesOf(scenario, result.outputs.image ?? '', ['/marker']);
    expect(files).toEqual([signedContent('base')]);
    await removeRun(result);
  });

  it("reaches another registry with the user's own login", async () => {
    const other = await createScenario(stack);
    const foreign = await makeMovedBase(other, 'foreign');
    const dockerfile = `FROM ${foreign.ref}\nCOPY marker /own`;
    const inputs = { 'base-images': 'enforce' };
    const logins = { [other.registry.loginServer]: other.reader.login };
    const result = await build({ builder, dockerfile, inputs, logins });
    expectSuccess(result);
    const files = await filesOf(scenario, result.outputs.image ?? '', ['/marker']);
    expect(files).toEqual([signedContent('foreign')]);
    await removeRun(result);

    const without = await build({ builder, dockerfile, inputs });
    expectFailure(without, { code: 'BASE_IMAGE_UNSIGNED', message: /not checked: / });
    await removeRun(without);
  });
});

describe('trust data of a base image that cannot be believed', () => {
  it('stops the build under "pin-signed" when it was tampered with', async () => {
    const tampered = await makeMovedBase(scenario, 'tampered');
    const gun = `${scenario.registry.loginServer}/${tampered.repository}`;
    const { targets = '' } = await stack.trustState(gun);
    const text = Buffer.from(targets, 'base64').toString();
    const sha256 = (digest: string) =>
      Buffer.from(digest.replace('sha256:', ''), 'hex').toString('base64');
    const body = text.replace(sha256(tampered.signedDigest), sha256(tampered.movedDigest));
    expect(body).not.toBe(text);
    const target = `${gun}/_trust/tuf/targets(\\.[0-9a-f]+)?\\.json$`;
    await stack.failNext({ target, times: 20, failure: { kind: 'answer', status: 200, body } });
    const repository = scenario.repository();
    const result = await build({
      repository,
      builder: 'classic',
      dockerfile: `FROM ${tampered.ref}\nCOPY marker /own`,
    });
    expectFailure(result, { code: 'TRUST_DATA_INVALID', message: new RegExp(gun) });
    expect(result.stderr).not.toMatch(/^Build$/m);
    expect(await stack.tags(repository)).toEqual([]);
    await removeRun(result);
  });

  it('stops the build under "pin-signed" when it has expired', async () => {
    const { gun, expires } = expiring;
    await sleep(Math.max(0, expires - Date.now()));
    const result = await build({
      builder: 'classic',
      dockerfile: `FROM ${gun}:1.0\nCOPY marker /own`,
    });
    expectFailure(result, { code: 'TRUST_DATA_EXPIRED', message: new RegExp(gun) });
    expect(result.stderr).not.toMatch(/^Build$/m);
    await removeRun(result);
  });
});

/** Trust data that ends soon: the server takes none that has expired already. */
interface Expiring {
  readonly gun: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const remainingMs = 15_000;
/** Three years, as Docker and Notary write them. */
const targetsLifetimeMs = 3 * 365 * 86_400_000;

/** Signs a tag as someone did three years ago, all but a few seconds. */
async function publishExpiring(): Promise<Expiring> {
  const repository = `${scenario.repository()}/expired`;
  const gun = `${scenario.registry.loginServer}/${repository}`;
  const digest = await pushPlain(scenario, repository, 'expired');
  const now = new Date(Date.now() + remainingMs - targetsLifetimeMs);
  const key = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString();
  const job: Job = {
    host: scenario.registry.loginServer,
    login: scenario.signer.login,
    gun,
    key: key(),
    root: key(),
    now: now.toISOString(),
    publishers: [{ '1.0': { digest, length: 1000 } }],
  };
  const driver = path.resolve(import.meta.dirname, '../trust/driver.ts');
  const result = await run(process.execPath, ['--import', 'tsx', driver], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    env: { ...stack.info.env, PATH: '/usr/bin:/bin', HOME: stack.info.folder },
    input: JSON.stringify(job),
  });
  expect(result.exitCode, result.output).toBe(0);
  expect(JSON.parse(result.stdout)).toMatchObject([{ created: true }]);
  const { targets = '' } = await stack.trustState(gun);
  const document = JSON.parse(Buffer.from(targets, 'base64').toString()) as {
    readonly signed: { readonly expires: string };
  };
  return { gun, expires: Date.parse(document.signed.expires) };
}
