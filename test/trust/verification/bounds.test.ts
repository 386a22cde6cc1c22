/** Small inputs that would cost much: bounded, told as invalid data, and quick. */
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/limits.js';
import { readRepository } from '../../../src/trust/index.js';
import type { RootSigned, TargetsSigned } from '../../../src/trust/metadata/index.js';
import { countSignatures } from '../../../src/trust/verification/index.js';
import {
  dockerLikeRepository,
  fileOf,
  RepositoryBuilder,
  trustFiles,
} from '../repository-builder.js';
import { content, TestRepository } from '../support/repository.js';
import { ecdsaKey } from '../test-keys.js';
import { expectRefusal } from './expect-refusal.js';

const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index));

describe('a role', () => {
  it('may list one key many times, which then counts once', () => {
    const repository = dockerLikeRepository();
    const [id = ''] = repository.targetsRole.keys.map(({ keyId }) => keyId);
    const root = (signed: RootSigned) => ({
      ...signed,
      roles: { ...signed.roles, targets: { keyids: many(50_000, () => id), threshold: 1 } },
    });
    const view = trustFiles(repository.build({ edit: { root } }));
    expect(view.root.signed.roles.targets?.keyids).toEqual([id]);
    const two = (signed: RootSigned) => ({
      ...signed,
      roles: { ...signed.roles, targets: { keyids: [id, id], threshold: 2 } },
    });
    const work = () => trustFiles(repository.build({ edit: { root: two } }));
    expectRefusal(work, 'TRUST_DATA_INVALID', /targets: .*threshold: 1 of 2/);
  });

  it('may not list more keys or paths than genuine ones do', () => {
    const repository = dockerLikeRepository();
    const [role] = repository.delegations;
    if (role === undefined) throw new Error('no delegation');
    role.paths = many(limits.pathsPerRole + 1, (index) => `v${index}`);
    expectRefusal(
      () => trustFiles(repository.build()),
      'TRUST_DATA_INVALID',
      /paths has 257 entries/,
    );
    role.paths = [''];
    const edit = {
      targets: (signed: TargetsSigned) => ({
        ...signed,
        delegations: {
          ...signed.delegations,
          roles: signed.delegations.roles.map((one) => ({
            ...one,
            keyids: many(limits.keysPerRole + 1, (index) => index.toString(16).padStart(64, '0')),
          })),
        },
      }),
    };
    const work = () => trustFiles(repository.build({ edit }));
    expectRefusal(work, 'TRUST_DATA_INVALID', /keyids has 1025 entries/);
  });
});

describe('signatures', () => {
  const withSignatures = (make: (keyid: string, good: string) => readonly object[]) => {
    const repository = new RepositoryBuilder();
    const [key] = repository.targetsRole.keys;
    const wire = {
      targets: (text: string) => {
        const file = JSON.parse(text) as { signed: object; signatures: { sig: string }[] };
        const signatures = make(key?.keyId ?? '', file.signatures[0]?.sig ?? '');
        return JSON.stringify({ signed: file.signed, signatures });
      },
    };
    return repository.build({ wire });
  };
  const method = 'ecdsa';
  const bad = (index: number) => Buffer.alloc(64, index % 251).toString('base64');

  it('that are the same count as one, however many there are', () => {
    const files = withSignatures((keyid, sig) =>
      many(20_000, () => keyid).map(() => ({ keyid, method, sig })),
    );
    expect(trustFiles(files).targets.size).toBe(1);
  });

  it('of one key are looked at a few times only', () => {
    const after = (wrong: number) =>
      withSignatures((keyid, sig) => [
        ...Array.from({ length: wrong }, (_, index) => ({ keyid, method, sig: bad(index) })),
        { keyid, method, sig },
      ]);
    expect(trustFiles(after(limits.signaturesPerKey - 1)).targets.size).toBe(1);
    expectRefusal(
      () => trustFiles(after(limits.signaturesPerKey)),
      'TRUST_DATA_INVALID',
      /targets: .*threshold: 0 of 1/,
    );
  });

  it('are no more than genuine files have', () => {
    const sig = bad(1);
    const files = withSignatures(() =>
      Array.from({ length: limits.signaturesPerFile + 1 }, (_, index) => ({
        keyid: `${index}`,
        method,
        sig,
      })),
    );
    expectRefusal(() => trustFiles(files), 'TRUST_DATA_INVALID', /signatures has 1025 entries/);
  });

  it('over much content are given up when they take too much work', () => {
    const keys = Array.from({ length: 40 }, () => ecdsaKey());
    const canonical = Buffer.alloc(31 * 1024 * 1024);
    const signatures = keys.map(({ keyId }, index) => ({ keyid: keyId, method, sig: bad(index) }));
    const role = { keyids: keys.map(({ keyId }) => keyId), threshold: 1 };
    const listed = Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, publicKey]));
    const { targets } = trustFiles(new RepositoryBuilder().build());
    const file = targets.get('targets');
    if (file === undefined) throw new Error('no targets');
    const work = () => countSignatures({ ...file, canonical, signatures }, role, listed);
    expect(work).toThrow(/takes more work/);
  });
});

describe('the files of a repository', () => {
  it('are refused by the lengths that are stated, before they are fetched', async () => {
    const repository = await new TestRepository().initialise({ '1': content('a') });
    const builder = new RepositoryBuilder(repository.server.gun, repository.now);
    for (let index = 0; index < 5; index += 1) builder.delegate(`targets/s${index}`);
    const huge = 31 * 1024 * 1024;
    const files = builder.build({
      edit: {
        snapshot: (signed: { meta: Record<string, { length: number }> }) => ({
          ...signed,
          meta: Object.fromEntries(
            Object.entries(signed.meta).map(([role, meta]) => [
              role,
              role.startsWith('targets/') ? { ...meta, length: huge } : meta,
            ]),
          ),
        }),
      },
    });
    const asked: string[] = [];
    repository.fake.intercept = (request) => {
      const name = request.url.split('/_trust/tuf/')[1] ?? '';
      asked.push(name);
      const role = /^(.*?)(?:\.[0-9a-f]{64})?\.json$/.exec(name)?.[1] ?? '';
      const isThere = files.has(role) && !name.startsWith('targets/');
      return Promise.resolve({
        status: isThere ? 200 : 404,
        header: () => undefined,
        body: isThere ? fileOf(files, role) : Buffer.alloc(0),
      });
    };
    const work = readRepository(repository.server, { pins: [], now: repository.now });
    await expect(work).rejects.toMatchObject({
      code: 'TRUST_DATA_INVALID',
      message: expect.stringMatching(/all files come to more than/) as string,
    });
    expect(asked.filter((name) => /^targets\/s\d\./.test(name))).toEqual([]);
  });
});
