/** The stack serves stock clients as ACR does: who may sign, who may push, what a fresh client gets. */
import { readFile } from 'node:fs/promises';

import { beforeAll, describe, expect, inject, it } from 'vitest';

import {
  connectStack,
  createTestRegistry,
  uniqueName,
  type Principal,
  type TestRegistry,
} from './index.js';

const stack = connectStack(inject('stack'));
const passphrases = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'a root passphrase',
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'a repository passphrase',
};
let registry: TestRegistry;
let signer: Principal;
let reader: Principal;

beforeAll(async () => {
  registry = await createTestRegistry(stack);
  signer = await registry.principal('AcrPush', 'AcrImageSigner');
  reader = await registry.principal('AcrPull');
});

/** Builds an image of its own with the classic engine; answers its repository. */
async function buildImage(tags: readonly string[]): Promise<string> {
  const repository = uniqueName('team/app');
  const context = await stack.makeImageContext(repository);
  const names = tags.map((tag) => `${registry.loginServer}/${repository}:${tag}`);
  const built = await stack.docker({
    engine: 'docker20',
    args: ['build', ...names.flatMap((name) => ['-t', name]), context],
    env: { DOCKER_BUILDKIT: '0' },
  });
  expect(built.exitCode, built.output).toBe(0);
  return repository;
}

const push = (ref: string, principal: Principal, trust: boolean) =>
  stack.docker({
    engine: 'docker20',
    args: ['push', ref],
    login: { server: registry.loginServer, ...principal.login },
    trust,
    env: passphrases,
  });

describe('when a principal holds AcrPush and AcrImageSigner', () => {
  it('lets the stock Docker CLI sign, and fresh clients with either engine pull only what is signed', async () => {
    const repository = await buildImage(['signed', 'unsigned']);
    const image = `${registry.loginServer}/${repository}`;
    const signed = await push(`${image}:signed`, signer, true);
    expect(signed.exitCode, signed.output).toBe(0);
    const unsigned = await push(`${image}:unsigned`, signer, false);
    expect(unsigned.exitCode, unsigned.output).toBe(0);
    expect(await stack.tags(repository)).toEqual(['signed', 'unsigned']);

    const manifest = await stack.manifest(repository, 'signed');
    const { login } = reader;
    for (const engine of ['docker20', 'docker26'] as const) {
      const accepted = await stack.dockerPull({ engine, ref: `${image}:signed`, login });
      expect(accepted.exitCode, accepted.output).toBe(0);
      expect(accepted.output).toContain(manifest?.digest);
      const refused = await stack.dockerPull({ engine, ref: `${image}:unsigned`, login });
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain('No valid trust data for unsigned');
      const inspection = await stack.dockerTrustInspect({ engine, ref: image, login });
      expect(inspection?.SignedTags).toEqual([
        {
          SignedTag: 'signed',
          Digest: manifest?.digest.replace('sha256:', ''),
          Signers: ['Repo Admin'],
        },
      ]);
    }
    expect(await stack.notaryList({ ref: image, login })).toEqual([
      {
        name: 'signed',
        digest: manifest?.digest.replace('sha256:', ''),
        size: Buffer.from(manifest?.content ?? '', 'base64').length,
        role: 'targets',
      },
    ]);
  });

  it('lets the CLI of one version sign through the engine of another', async () => {
    const repository = await buildImage(['1']);
    const ref = `${registry.loginServer}/${repository}:1`;
    const signed = await stack.docker({
      engine: 'docker20',
      cli: 'docker26',
      args: ['push', ref],
      login: { server: registry.loginServer, ...signer.login },
      trust: true,
      env: passphrases,
    });
    expect(signed.exitCode, signed.output).toBe(0);
    const { login } = reader;
    expect((await stack.dockerPull({ engine: 'docker26', ref, login })).exitCode).toBe(0);
  });

  it('cannot be signed by the CLI through an engine with the containerd image store', async () => {
    const repository = uniqueName('team/app');
    const ref = `${registry.loginServer}/${repository}:1`;
    const context = await stack.makeImageContext(repository);
    await stack.docker({
      engine: 'docker26',
      args: ['build', '-t', ref, context],
      env: { DOCKER_BUILDKIT: '0' },
    });
    const result = await stack.docker({
      engine: 'docker26',
      args: ['push', ref],
      login: { server: registry.loginServer, ...signer.login },
      trust: true,
      env: passphrases,
    });
    expect(result.exitCode).not.toBe(0);
    expect(result.output).toContain('no hashes specified for target');
    expect(await stack.tags(repository)).toEqual(['1']);
    expect(await stack.trustState(ref.replace(/:1$/, ''))).toEqual({});
  });

  it('shows the published trust data byte for byte', async () => {
    const repository = await buildImage(['1']);
    const image = `${registry.loginServer}/${repository}`;
    expect(await stack.trustState(image)).toEqual({});
    await push(`${image}:1`, signer, true);
    const before = await stack.trustState(image);
    expect(Object.keys(before).sort()).toEqual(['root', 'snapshot', 'targets', 'timestamp']);
    await stack.dockerPull({ engine: 'docker20', ref: `${image}:1`, login: reader.login });
    expect(await stack.trustState(image)).toEqual(before);
  });
});

describe('when a right is missing', () => {
  it('has notary-server refuse a principal without AcrImageSigner', async () => {
    const repository = await buildImage(['1']);
    const image = `${registry.loginServer}/${repository}`;
    const pusher = await registry.principal('AcrPush');
    const mark = await stack.requestMark();
    const result = await push(`${image}:1`, pusher, true);
    expect(result.exitCode).not.toBe(0);
    expect(await stack.tags(repository)).toEqual(['1']);
    expect(await stack.trustState(image)).toEqual({});
    const refusals = await stack.requests({ since: mark, matching: '/_trust/' });
    expect(refusals.map(({ status }) => status)).toContain(401);
  });

  it('has the registry refuse a principal without AcrPush', async () => {
    const repository = await buildImage(['1']);
    const image = `${registry.loginServer}/${repository}`;
    const result = await push(`${image}:1`, reader, true);
    expect(result.exitCode).not.toBe(0);
    expect(result.output).toMatch(/denied|unauthorized/);
    expect(await stack.tags(repository)).toEqual([]);
    expect(await stack.trustState(image)).toEqual({});
  });

  it('lets nobody in with a wrong secret', async () => {
    const repository = await buildImage(['1']);
    const login = { ...signer.login, password: 'not the secret' };
    const result = await push(
      `${registry.loginServer}/${repository}:1`,
      { ...signer, login },
      true,
    );
    expect(result.exitCode).not.toBe(0);
    expect(await stack.tags(repository)).toEqual([]);
  });

  it('has no trust data where content trust is switched off', async () => {
    const off = await createTestRegistry(stack);
    const principal = await off.principal('AcrPull');
    await stack.azure.updateRegistry(off.loginServer, { contentTrust: false });
    const ref = `${off.loginServer}/any:1`;
    const result = await stack.dockerPull({ engine: 'docker20', ref, login: principal.login });
    expect(result.exitCode).not.toBe(0);
    expect(result.output).toContain('trust data does not exist');
  });
});

describe('with the modern engine', () => {
  it('builds for two platforms, and the registry serves the digest in the metadata file', async () => {
    const repository = uniqueName('team/multi');
    const context = await stack.makeImageContext(repository);
    const metadata = `${context}/metadata.json`;
    const result = await stack.docker({
      engine: 'docker26',
      buildx: true,
      login: { server: registry.loginServer, ...signer.login },
      args: [
        ...['buildx', 'build', '--push', '--platform', 'linux/amd64,linux/arm64'],
        ...['--metadata-file', metadata, '-t', `${registry.loginServer}/${repository}:1`, context],
      ],
    });
    expect(result.exitCode, result.output).toBe(0);
    const { 'containerimage.descriptor': descriptor } = JSON.parse(
      await readFile(metadata, 'utf8'),
    ) as Record<string, { digest: string; size: number; mediaType: string }>;
    const manifest = await stack.manifest(repository, '1');
    expect(descriptor).toEqual({
      mediaType: manifest?.mediaType,
      digest: manifest?.digest,
      size: Buffer.from(manifest?.content ?? '', 'base64').length,
    });
  });

  it('runs steps of a build in a container, with both builders of both engines', async () => {
    const context = await stack.makeImageContext('run', {
      dockerfile: 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "true"]\n',
    });
    for (const engine of ['docker20', 'docker26'] as const) {
      for (const DOCKER_BUILDKIT of ['0', '1']) {
        const buildx = engine === 'docker26';
        const args = ['build', context];
        const result = await stack.docker({ engine, buildx, args, env: { DOCKER_BUILDKIT } });
        expect(result.exitCode, result.output).toBe(0);
      }
    }
  });
});
