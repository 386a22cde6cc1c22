/** What there is before a command runs: a principal that may do everything, keys, a signed image. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CommandName } from '../../../src/commands/index.js';
import { runToldCommand } from './run-command.js';
import { registry, repository, type EchoScenario, type Server } from './scenario.js';

/** Holds what every format escapes. Each of its runs of letters and digits gives it away. */
export const passphrase = 'Kq7Qa "vX9mZ\\wZ3pY <tR8kN> &Lb6Ju ü';

export interface SetUp {
  readonly clientSecret: string;
  /** The key that is read from a vault, as it stands there. */
  readonly pem: string;
  readonly inputs: Readonly<Partial<Record<string, string>>>;
  /** A folder to remove, with an earlier backup in it. */
  readonly backup: string;
}

type Inputs = SetUp['inputs'];

/** Makes all of it; nobody refuses anything yet. */
export async function setUpEcho(scenario: EchoScenario): Promise<SetUp> {
  const { control } = scenario;
  await control.createRegistry({ name: 'echo1', contentTrust: true });
  const principal = await control.createServicePrincipal();
  const { id: vaultId } = await control.createVault({ name: 'echo' });
  const { resourceGroup } = await control.describe();
  const roles = {
    [vaultId]: [
      'Key Vault Crypto Officer',
      'Key Vault Secrets Officer',
      'Key Vault Certificates Officer',
    ],
    [resourceGroup]: ['AcrPush', 'AcrImageSigner', 'AcrDelete', 'Owner'],
  };
  for (const [scope, names] of Object.entries(roles)) {
    for (const role of names) {
      await control.assignRole({ principalId: principal.objectId, role, scope });
    }
  }
  const pem = encryptedKey();
  for (const name of ['signing', 'root', 'next']) {
    const value = name === 'signing' ? pem : encryptedKey();
    await control.setSecret({ vault: 'echo', name, value });
  }
  await control.createKey({ vault: 'echo', name: 'stored', kty: 'EC', crv: 'P-256' });
  const subject = 'C=US,ST=WA,O=Contoso,CN=release';
  await control.createCertificate({ vault: 'echo', name: 'release', subject, kty: 'EC' });
  const secrets = `${vault}/secrets`;
  const inputs: Inputs = {
    'client-id': principal.clientId,
    'tenant-id': principal.tenantId,
    'client-secret': principal.clientSecret,
    registry,
    repository,
    'signing-key': `${secrets}/signing`,
    'signing-key-passphrase': passphrase,
    'root-key': `${secrets}/root`,
    'root-key-passphrase': passphrase,
  };
  const backup = await mkdtemp(path.join(tmpdir(), 'echo-backup-'));
  const setUp = { clientSecret: principal.clientSecret, pem, inputs, backup };
  const succeed = async (command: CommandName, given: Inputs): Promise<void> => {
    const { exitCode, all } = await runToldCommand(command, { ...inputs, ...given }, scenario);
    if (exitCode !== 0) throw new Error(all);
  };
  await succeed('sign', { tags: '1' });
  await succeed('sign', own.revoke);
  const { repository: other } = own.signersRemove;
  const there: Inputs = other === undefined ? {} : { repository: other };
  await succeed('sign', { ...there, tags: '1' });
  await succeed('signersAdd', { ...own.signersAdd, ...there });
  await succeed('keysBackup', { ...own.keysBackup, archive: path.join(backup, 'old') });
  return setUp;
}

function encryptedKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  return privateKey.export(options).toString();
}

/** The inputs with which a command has something to do, or the most of it. */
export function inputsFor(command: CommandName, { inputs, backup }: SetUp): Inputs {
  const archive = command === 'keysRestore' ? { archive: path.join(backup, 'old') } : {};
  return { ...inputs, ...own[command], ...archive };
}

const vault = 'https://echo.vault.azure.net';
const stored = `${vault}/keys/stored`;
const image = `${registry}/${repository}`;

const own: Readonly<Record<CommandName, Inputs>> = {
  buildAndPush: { tags: '2', builder: 'classic' },
  build: { tags: '2', builder: 'classic', 'base-images': 'enforce' },
  push: { tags: '2' },
  sign: { tags: '2' },
  verify: { tags: '1', 'max-age': '9000' },
  inspect: {},
  revoke: { repository: 'team/old', tags: '1' },
  promote: { source: `${image}:1`, repository: 'team/copy' },
  exportPolicy: { 'output-directory': 'policies' },
  migrate: { 'signing-key': `${vault}/certificates/release` },
  keysInit: { repository: 'team/new' },
  keysImport: { vault, archive: 'keys' },
  keysExport: {
    keys: `${vault}/secrets/signing`,
    archive: 'out.tar.gz',
    'archive-passphrase': passphrase,
  },
  keysBackup: { keys: stored, archive: 'backup' },
  keysRestore: { vault, archive: 'old-backup' },
  keysRotate: {
    role: 'targets',
    'new-key': `${vault}/secrets/next`,
    'new-key-passphrase': passphrase,
  },
  keysStatus: {},
  keysRenew: {},
  keysRecover: {},
  signersList: {},
  signersAdd: { signer: 'ci', 'signer-key': stored },
  signersRemove: { repository: 'team/signers', signer: 'ci' },
  trustDelete: { confirm: image },
  doctor: {},
  setup: {
    'signing-key': stored,
    'root-key': `${vault}/keys/root`,
    'github-repository': 'contoso/app',
    host: 'github',
  },
};

/** Whom a command meets beyond Entra ID, which all of them do. */
export const met: Readonly<Record<CommandName, readonly Server[]>> = {
  buildAndPush: everywhere('Docker'),
  build: ['token service', 'registry', 'trust server', 'Docker'],
  push: everywhere('Docker'),
  sign: everywhere(),
  verify: ['token service', 'registry', 'trust server'],
  inspect: ['token service', 'registry', 'trust server'],
  revoke: onTrust(),
  promote: everywhere(),
  exportPolicy: ['token service', 'trust server'],
  migrate: ['vault', 'token service', 'trust server', 'registry'],
  keysInit: onTrust(),
  keysImport: onTrust().slice(0, 3),
  keysExport: onTrust().slice(0, 3),
  keysBackup: ['vault'],
  keysRestore: ['vault'],
  keysRotate: onTrust(),
  keysStatus: onTrust().slice(0, 3),
  keysRenew: onTrust().slice(0, 3),
  keysRecover: onTrust().slice(0, 3),
  signersList: ['token service', 'trust server'],
  signersAdd: onTrust(),
  signersRemove: onTrust(),
  trustDelete: ['token service', 'trust server', 'trust server, when it is changed'],
  doctor: ['vault', 'token service', 'trust server', 'registry'],
  setup: ['vault', 'token service', 'trust server'],
};

function onTrust(): readonly Server[] {
  return ['vault', 'token service', 'trust server', 'trust server, when it is changed'];
}

function everywhere(...more: readonly Server[]): readonly Server[] {
  return [...onTrust(), 'registry', ...more];
}

/** Files that some of the commands read. */
export async function prepareFolder(folder: string): Promise<void> {
  await writeFile(path.join(folder, 'Dockerfile'), `FROM ${image}:1\n`);
  await mkdir(path.join(folder, 'keys'));
  await writeFile(
    path.join(folder, 'keys', 'app.pem'),
    createPrivateKey({ key: encryptedKey(), passphrase }).export({ type: 'pkcs8', format: 'pem' }),
  );
}
