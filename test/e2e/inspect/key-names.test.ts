/** One key has one name, whoever speaks of it; what Docker calls the root key stands beside it. */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyIdOf, publicKeyFromSpki } from '../../../src/trust/index.js';
import { uniqueName } from '../../stack/index.js';
import { expectSuccess } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductResult } from '../product.js';
import { publicPem, setUp } from '../set-up.js';

const { stack, scenario, gunOf } = await setUp();
let repository: string;
/** Canonical ID of the root key, and what Docker makes of it in this repository. */
let rootId: string;
let dockerId: string;
let keys: { readonly 'root-key': string; readonly 'signing-key': string };

beforeAll(async () => {
  repository = scenario.repository();
  const vault = scenario.vault.name;
  const root = await stack.azure.createKey({ vault, name: uniqueName('root'), kty: 'EC' });
  const spki = Buffer.from(publicPem(root.jwk).replace(/-----.*-----|\n/g, ''), 'base64');
  rootId = keyIdOf(publicKeyFromSpki(spki));
  keys = { 'root-key': root.kid, 'signing-key': await scenario.vault.key() };
  await pushUnsigned(scenario, repository, '1');
  expectSuccess(await run({ command: 'sign', tags: '1', ...keys }));
  const { login } = scenario.reader;
  const ref = gunOf(repository);
  const inspected = await stack.dockerTrustInspect({ engine: 'docker26', ref, login });
  const found = inspected?.AdministrativeKeys.find(({ Name }) => Name === 'Root');
  dockerId = found?.Keys[0]?.ID ?? '';
});

const run = (inputs: Readonly<Record<string, string>>): Promise<ProductResult> =>
  scenario.run({ host: 'cli', inputs: { repository, ...inputs } });

/** Everything a person reads of a run. */
async function saidBy({ output, outputs, summary }: ProductResult): Promise<string> {
  const file = outputs['trust-report'];
  const report = file === undefined ? '' : await readFile(file, 'utf8');
  return [output, summary, report].join('\n');
}

describe('the root key is called by its canonical ID, and by Docker’s only as Docker’s', () => {
  it.each([
    ['verify', () => ({ repository: '', images: `${gunOf(repository)}:1` })],
    ['verify', () => ({ repository: '', images: `${gunOf(repository)}:1`, 'trust-pin': wrong })],
    ['verify', () => ({ repository: '', images: `${gunOf(repository)}:1`, 'trust-pin': dockerId })],
    ['sign', () => ({ tags: '1', 'signing-key': keys['signing-key'] })],
    ['sign', () => ({ tags: '1', 'signing-key': keys['signing-key'], 'trust-pin': wrong })],
    ['sign', () => ({ tags: '1', 'signing-key': keys['signing-key'], 'trust-pin': dockerId })],
    ['inspect', () => ({})],
    ['inspect', () => ({ 'trust-pin': wrong })],
    ['revoke', () => ({ tags: '1', 'signing-key': keys['signing-key'], 'dry-run': 'true' })],
    ['keysStatus', () => ({})],
    ['keysRenew', () => ({ keys: keys['root-key'], 'dry-run': 'true' })],
    ['keysRotate', () => ({ role: 'root', 'new-key': keys['root-key'], ...means(), ...dry })],
    ['keysRecover', () => ({})],
    ['signersList', () => ({})],
    ['trustDelete', () => ({ 'dry-run': 'true' })],
  ] as const)('%s', async (command, inputs) => {
    const given = { command, ...inputs() } as Readonly<Record<string, string>>;
    const said = await saidBy(await run(given));
    expect(said).toContain(rootId);
    for (const { index } of said.matchAll(new RegExp(dockerId, 'g'))) {
      expect(said.slice(0, index)).toMatch(/(Docker's ID( of it)?|"dockerId"): ?"?$|"trust-pin.*$/);
    }
  });
});

const wrong = 'ab'.repeat(32);
const dry = { 'dry-run': 'true' };
const means = () => ({ keys: keys['root-key'] });
