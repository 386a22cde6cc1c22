import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPem } from '../../src/signing/index.js';
import { makeSelfSigned } from '../notation/make-chain.js';
import { refusedInputs } from './support/refused-inputs.js';
import { host, reportOf, startRegistryScenario } from './support/registry-scenario.js';
import type { RegistryScenario } from './support/registry-scenario.js';

let scenario: RegistryScenario;
let certificate: string;
beforeAll(async () => {
  scenario = await startRegistryScenario();
  const [der = Buffer.alloc(0)] = (await makeSelfSigned()).chain;
  certificate = formatPem('CERTIFICATE', der);
  await writeFile(path.join(scenario.folder, 'release.pem'), certificate);
});
afterAll(() => scenario.close());

const trusted = {
  images: `${host}/team/app`,
  'trusted-certificate': 'release.pem',
  'trusted-identity': '*',
};

const exportTo = (folder: string, inputs: Readonly<Record<string, string>>) =>
  scenario.run('exportPolicy', { 'output-directory': folder, ...inputs });

const contentOf = (...names: readonly string[]) =>
  readFile(path.join(scenario.folder, ...names), 'utf8');

describe('exportPolicy', () => {
  it('asks nobody for policies by certificates', async () => {
    let requests = 0;
    scenario.answerWith(() => void (requests += 1));
    const ran = await exportTo('all', trusted);
    scenario.answerWith(() => undefined);
    expect(ran.failure).toBeUndefined();
    expect(requests).toBe(0);
    const files = [
      'notation/trustpolicy.json',
      'notation/truststore/x509/ca/trusted/certificates.pem',
      'ratify.yaml',
      'kyverno.yaml',
      'kyverno-cel.yaml',
      'connaisseur.yaml',
    ];
    const folder = path.join(scenario.folder, 'all');
    expect(ran.outputs['policy-files']?.split('\n')).toEqual(
      files.map((file) => path.join(folder, file)),
    );
    expect(await contentOf('all', files[1] ?? '')).toBe(certificate);
    expect(await reportOf(ran)).toMatchObject({
      command: 'exportPolicy',
      folder,
      images: [`${host}/team/app`],
      files: files.map((file) => ({ file, state: 'written' })),
      skipped: [],
    });
  });

  it('replaces nothing that differs, unless it may', async () => {
    const inputs = { ...trusted, 'policy-format': 'ratify, kyverno' };
    expect((await exportTo('kept', inputs)).failure).toBeUndefined();
    const again = await exportTo('kept', inputs);
    expect(await reportOf(again)).toMatchObject({
      files: [
        { file: 'ratify.yaml', state: 'unchanged' },
        { file: 'kyverno.yaml', state: 'unchanged' },
      ],
    });
    await writeFile(path.join(scenario.folder, 'kept', 'kyverno.yaml'), 'mine');
    const others = { ...inputs, images: `${host}/other` };
    const ratify = await contentOf('kept', 'ratify.yaml');
    const refused = await exportTo('kept', others);
    expect(refused.failure).toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    expect(refused.failure?.message).toContain('ratify.yaml, kyverno.yaml');
    expect(await contentOf('kept', 'ratify.yaml')).toBe(ratify);
    expect(await contentOf('kept', 'kyverno.yaml')).toBe('mine');
    const ran = await exportTo('kept', { ...others, overwrite: 'true' });
    expect(ran.failure).toBeUndefined();
    expect(await contentOf('kept', 'kyverno.yaml')).toContain(`${host}/other:*`);
  });

  it('does not write through a link out of the checkout', async () => {
    await mkdir(path.join(scenario.folder, 'linked'));
    await symlink('/tmp', path.join(scenario.folder, 'linked', 'notation'));
    const ran = await exportTo('linked', { ...trusted, 'policy-format': 'notation' });
    expect(ran.failure).toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    expect(ran.failure?.message).toContain('leads out of');
  });

  it('says which formats cannot check all that is asked for, and refuses those that are named', async () => {
    const pattern = { ...trusted, images: `${host}/team/*` };
    const ran = await exportTo('pattern', pattern);
    expect(ran.failure).toBeUndefined();
    expect(await reportOf(ran)).toMatchObject({
      files: [{ file: 'kyverno.yaml' }, { file: 'kyverno-cel.yaml' }, { file: 'connaisseur.yaml' }],
      skipped: [{ format: 'notation' }, { format: 'ratify' }],
    });
    expect(ran.lines.join('\n')).toContain('Nothing is written for notation: ');
    const named = await exportTo('pattern', { ...pattern, 'policy-format': 'notation' });
    expect(named.failure).toMatchObject({ code: 'TRUST_POLICY_INVALID' });
  });

  it('exports root keys that are pins', async () => {
    const repository = 'dct';
    scenario.push(repository, ['1']);
    const at = { registry: host, repository };
    expect((await scenario.run('sign', { ...at, tags: '1' })).failure).toBeUndefined();
    const ran = await exportTo('dct', { ...at, 'required-signers': 'ci' });
    expect(ran.failure).toBeUndefined();
    const [values, key = ''] = ran.outputs['policy-files']?.split('\n') ?? [];
    expect(path.basename(values ?? '')).toBe('connaisseur-dct.yaml');
    expect(await contentOf('dct', 'connaisseur-dct.yaml')).toMatch(/delegations:\s+- ci\n/);
    const keyId = path.basename(key, '.pem');
    for (const pin of [key, await readFile(key, 'utf8')]) {
      const inspected = await scenario.run('inspect', { ...at, 'trust-pin': pin });
      expect(inspected.failure).toBeUndefined();
      expect(await reportOf(inspected)).toMatchObject({
        repositories: [{ pinnedBy: `key ID ${keyId}` }],
      });
    }
  });

  it.each([
    ['no folder', { 'output-directory': '' }, /"output-directory" is not set/],
    ['an unknown format', { 'policy-format': 'opa' }, /there is no format "opa"/],
    ['no names of signers', { 'trusted-identity': '' }, /"trusted-identity" is not set/],
    [
      'a format without certificates',
      { 'policy-format': 'ratify', 'trusted-certificate': '' },
      /"trusted-certificate" is not set/,
    ],
    [
      'a certificate for Docker Content Trust',
      { 'policy-format': 'connaisseur-dct' },
      /names no format that takes it/,
    ],
    [
      'signers of Docker Content Trust',
      { 'required-signers': 'ci' },
      /does not name connaisseur-dct/,
    ],
    [
      'a pattern for Docker Content Trust',
      { 'policy-format': 'connaisseur-dct', 'trusted-certificate': '', images: `${host}/*` },
      /names the pattern/,
    ],
    ['no certificate', { 'trusted-certificate': '-----BEGIN X-----' }, /holds no certificate/],
    [
      'a key for a certificate',
      { 'trusted-certificate': 'https://contoso-keys.vault.azure.net/keys/release' },
      /a key of Key Vault is not a certificate/,
    ],
  ])('refuses %s', async (_, inputs, message) => {
    const error = await refusedInputs('exportPolicy', {
      'output-directory': 'policies',
      ...trusted,
      'trusted-certificate': certificate,
      ...inputs,
    });
    expect(error.message).toMatch(message);
  });
});
