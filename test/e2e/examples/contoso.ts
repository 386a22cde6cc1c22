/**
 * What the files in examples/ take for granted, with names that only this test has in the place of
 * Contoso's: registry, vault, root, repositories with a signer `ci`, and the files of their project.
 */
import { readFileSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../docs/pages.js';
import { uniqueName } from '../../stack/index.js';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { expectSuccess } from '../expectations.js';
import type { Scenario } from '../scenario.js';

export interface Contoso {
  /** Name of a repository as the examples have it -> as it is here. */
  readonly repositoryOf: (name: string) => string;
  /** An example with the names that are there. */
  readonly textOf: (file: string) => string;
  /** Makes the checked-out project of the examples in `folder`. */
  readonly fillProject: (folder: string) => Promise<void>;
  /** The tags that are signed in a repository, as a stock Docker says it. */
  readonly signedTags: (name: string) => Promise<readonly string[]>;
}

const names = ['app', 'api', 'worker', 'migrations'].map((name) => `team/${name}`);
const all = [...names, 'shop/cart', 'shop/checkout'];

/** Prepares it. All repositories have one signed tag: `first`. */
export async function prepareContoso(scenario: Scenario): Promise<Contoso> {
  const { stack, registry, signer, reader, vault } = scenario;
  const run = (inputs: Parameters<Scenario['run']>[0]['inputs']) =>
    scenario.run({ host: 'cli', inputs });
  const own: Readonly<Record<string, string>> = {
    team: uniqueName('team'),
    shop: uniqueName('shop'),
  };
  const repositoryOf = (name: string) => name.replace(/^\w+/, (group) => own[group] ?? group);
  const certificate = await stack.azure.createCertificate({
    vault: vault.name,
    name: 'team',
    subject: 'C=US,ST=WA,O=Contoso,CN=team',
  });
  const role = 'Key Vault Certificate User';
  await stack.azure.assignRole({ principalId: signer.clientId, role, scope: vault.id });
  const keys = {
    'signing-key': await vault.key('repository'),
    'root-key': await vault.key('root'),
  };
  const repository = all.map(repositoryOf).join(', ');
  const initialised = await run({ command: 'keysInit', repository, ...keys });
  expectSuccess(initialised);
  const pin = /trust-pin: ([0-9a-f]{64})/.exec(initialised.output)?.[1] ?? '';
  const key = `${vault.url}/certificates/team`;
  const signers = { 'signing-key': keys['signing-key'], signer: 'ci', 'signer-key': key };
  expectSuccess(await run({ command: 'signersAdd', repository, ...signers }));
  for (const name of all) await stack.storeImage(repositoryOf(name), ['first'], name);
  const images = all.map((name) => `${registry.loginServer}/${repositoryOf(name)}:first`).join();
  const signing = { command: 'sign', images, registry: undefined, 'signing-key': key };
  expectSuccess(await run(signing));

  const rename = (text: string): string =>
    text
      .replaceAll('contoso.azurecr.io', registry.loginServer)
      .replaceAll('https://contoso-keys.vault.azure.net', vault.url)
      .replaceAll(/\b(?:1f0a3b5c7d9e){5}1f0a\b/g, pin)
      .replace(/\b(?:team|shop)\/(?=\w|\$)/g, repositoryOf);
  return {
    repositoryOf,
    textOf: (file) => rename(readFileSync(path.join(root, 'examples', file), 'utf8')),
    signedTags: async (name) => {
      const ref = `${registry.loginServer}/${repositoryOf(name)}`;
      const found = await stack.dockerTrustInspect({
        engine: 'docker20',
        ref,
        login: reader.login,
      });
      return (found?.SignedTags ?? []).map(({ SignedTag }) => SignedTag);
    },
    fillProject: async (folder) => {
      const dockerfile = 'FROM scratch AS migrations\nCOPY marker /\nFROM scratch\nCOPY marker /\n';
      for (const context of ['.', 'services/api', 'services/worker']) {
        await mkdir(path.join(folder, context), { recursive: true });
        await writeFile(path.join(folder, context, 'Dockerfile'), dockerfile);
        await writeFile(path.join(folder, context, 'marker'), uniqueName(context));
      }
      const [app, worker] = ['app', 'worker'].map(
        (name) => `contoso.azurecr.io/team/${name}:first`,
      );
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'app' },
        spec: { containers: [app, worker].map((image, index) => ({ name: `c${index}`, image })) },
      };
      await mkdir(path.join(folder, 'deploy'));
      await writeFile(path.join(folder, 'deploy/app.json'), rename(JSON.stringify(pod)));
      await mkdir(path.join(folder, 'certs'));
      await writeFile(
        path.join(folder, 'certs/team.pem'),
        pem('CERTIFICATE', Buffer.from(certificate.chain.at(-1) ?? '', 'base64')),
      );
      await cp(path.join(root, 'examples/kubernetes'), path.join(folder, 'kubernetes'), {
        recursive: true,
      });
    },
  };
}
