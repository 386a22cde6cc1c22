/** What `migrate` is asked for, and what it refuses before it asks anybody. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMigration } from '../../../src/commands/migrate/migrate-inputs.js';
import { selectRepositories } from '../../../src/commands/migrate/select-repositories.js';
import type { OpenPaced } from '../../../src/commands/migrate/paced-session.js';
import type { Run } from '../../../src/commands/run.js';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { makeChain } from '../../notation/make-chain.js';
import { fakeHttp } from '../../registry/fake-http.js';
import { parseInputs } from '../support/parse-inputs.js';
import { refusedInputs } from '../support/refused-inputs.js';

const registry = 'contoso.azurecr.io';
const certificate = 'https://contoso-keys.vault.azure.net/certificates/release';
let folder: string;
let trusted: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'migrate-inputs-'));
  const { chain } = await makeChain();
  trusted = path.join(folder, 'root.pem');
  await writeFile(trusted, pem('CERTIFICATE', chain.at(-1) ?? Buffer.of()));
});
afterAll(() => rm(folder, { recursive: true }));

const parse = async (texts: Readonly<Record<string, string>>) => {
  const given = { 'dry-run': 'true', ...texts };
  const parsed = await parseInputs('migrate', readMigration, given, folder);
  if (!parsed) throw new Error('nothing was read');
  return parsed;
};

/** The repositories that are selected where the registry has `all`. */
async function select(texts: Readonly<Record<string, string>>, all: readonly string[]) {
  const { selection } = await parse(texts);
  const { http, requests } = fakeHttp(() => ({ body: { repositories: all } }));
  const token = () => Promise.resolve(undefined);
  const open = (({ registry: host }: { readonly registry: string }) =>
    Promise.resolve({ client: { host, http, token } })) as unknown as OpenPaced;
  const run = { log: { info: () => undefined } } as unknown as Run;
  const selected = await selectRepositories(selection, open, run);
  return { guns: selected.map(({ gun }) => gun), selected, requests };
}

describe('the repositories of a migration', () => {
  const all = ['team/app', 'team/api', 'other/app'];

  it('are all of a registry', async () => {
    const { guns, requests } = await select({ registry }, all);
    expect(guns).toEqual(all.map((name) => `${registry}/${name}`));
    expect(requests).toHaveLength(1);
  });

  it.each([
    [{ registry, repository: 'team/*' }, ['team/app', 'team/api']],
    [{ registry, repository: '*/app, team/new' }, ['team/app', 'other/app', 'team/new']],
    [
      { images: `${registry}/team/a*,${registry}/other/app` },
      ['team/app', 'team/api', 'other/app'],
    ],
  ])('are those of patterns and names: %j', async (texts, expected) => {
    const { guns } = await select(texts, all);
    expect(guns).toEqual(expected.map((name) => `${registry}/${name}`));
  });

  it('are asked of nobody where all are named', async () => {
    const { guns, requests, selected } = await select(
      { registry, repository: 'team/app,team/api' },
      [],
    );
    expect(guns).toEqual([`${registry}/team/app`, `${registry}/team/api`]);
    expect(requests).toEqual([]);
    expect(selected.every(({ isNamed }) => isNamed)).toBe(true);
  });

  it('are in one part each', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `team/app${index}`);
    const parts = await Promise.all(
      ['1/3', '2/3', '3/3'].map(async (shard) => (await select({ registry, shard }, names)).guns),
    );
    expect(parts.flat().sort()).toEqual(names.map((name) => `${registry}/${name}`).sort());
  });

  it('are not none, where a pattern fits nothing', async () => {
    await expect(select({ registry, repository: 'tema/*' }, all)).rejects.toMatchObject({
      code: 'MANIFEST_NOT_FOUND',
      message: expect.stringContaining(`${registry}/tema/*`) as string,
    });
  });
});

describe('a migration', () => {
  it('is asked for by a certificate, or looks only', async () => {
    expect(await parse({ registry, 'dry-run': 'false', 'signing-key': certificate })).toMatchObject(
      {
        mode: { kind: 'sign', notaryProject: { certificate: { name: 'release' }, format: 'cose' } },
      },
    );
    expect((await parse({ registry })).mode).toEqual({ kind: 'dry-run', notaryProject: undefined });
    const check = { registry, 'dry-run': 'false', check: 'true', 'trusted-identity': '*' };
    expect((await parse({ ...check, 'trusted-certificate': trusted })).mode.kind).toBe('check');
  });

  it('makes time stamps with its signatures', async () => {
    const timestamps = {
      'timestamp-url': 'http://timestamp.contoso.com',
      'timestamp-root': trusted,
    };
    const texts = { registry, 'dry-run': 'false', 'signing-key': certificate, ...timestamps };
    expect((await parse(texts)).mode).toMatchObject({
      kind: 'sign',
      notaryProject: { timestamp: { url: 'http://timestamp.contoso.com/' } },
    });
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['no registry', {}, 'registry is not set'],
    ['no key', { registry }, 'signing-key is not set'],
    [
      'a key that is not a certificate',
      { registry, 'signing-key': certificate.replace('certificates', 'keys') },
      'signing-key',
    ],
    ['a part of nothing', { registry, 'dry-run': 'true', shard: '5/4' }, 'shard cannot be used'],
    [
      'a pattern without registry',
      { repository: 'team/*', 'dry-run': 'true' },
      'registry is not set',
    ],
    [
      'a pattern of tags',
      { images: 'contoso.azurecr.io/team/app:*', 'dry-run': 'true' },
      'images cannot be used',
    ],
    ['a check without trust', { registry, check: 'true' }, 'trusted-certificate is not set'],
    [
      'a check with a key',
      { registry, check: 'true', 'signing-key': certificate },
      'signing-key is set, and check signs nothing',
    ],
    [
      'a dry run of a check',
      { registry, check: 'true', 'dry-run': 'true' },
      'dry-run is set, and check signs nothing',
    ],
    [
      'trust without a check',
      { registry, 'signing-key': certificate, 'trusted-identity': '*' },
      'trusted-identity is set, and nothing is verified without check',
    ],
  ])('is refused with %s', async (_, texts, message) => {
    const error = await refusedInputs('migrate', texts);
    expect(error.code).toMatch(/^(INPUT|KEY)_/);
    expect(error.message.replaceAll('"', '')).toContain(message);
  });
});
