/**
 * `npm run demo`: from the first signature to the day that content trust is switched off, against a
 * registry of our own. The product runs as it ships; a stock Docker CLI with content trust on is the
 * judge of what it did.
 */
import { access } from 'node:fs/promises';
import path from 'node:path';
import { prepareNotaryProject } from '../test/e2e/notary-project/certificates.js';
import { runProduct, type ProductHost, type ProductResult } from '../test/e2e/product.js';
import { createScenario, credentialsOf, type Scenario } from '../test/e2e/scenario.js';
import {
  connectStack,
  missingForStack,
  startStack,
  type RunResult,
  type StackClient,
} from '../test/stack/index.js';
import {
  command,
  DemoFailed,
  expect,
  failed,
  foldPull,
  foldRun,
  quote,
  say,
  step,
  sum,
} from './demo/narrator.js';

const root = path.resolve(import.meta.dirname, '..');
const repository = 'team/app';

type Texts = Readonly<Record<string, string>>;

/** What an administrator has set up, and the inputs of every run. */
interface Prepared extends Scenario {
  readonly inputs: Texts;
  readonly gun: string;
  /** Of those that sign. */
  readonly signing: Texts;
  /** Of those that verify Notary Project signatures. */
  readonly trusted: Texts;
  readonly rootKey: string;
}

function explain(): void {
  say(`acr-content-trust: from the first signature to the day that content trust is switched off.

  What happens  Images of ${repository} are built, pushed, signed, verified, moved and revoked, by the
                command line, the Azure Pipelines task and the GitHub Action. At the end the repository
                leaves Docker Content Trust for Notary Project. Each ✓ is a check that just passed.
  How long      Under a minute. The first run also downloads Debian's packages: some minutes more.
  Disk          About 800 MB in ~/.cache/acr-content-trust, which stay; some 10 MB more while it runs.
  Real          The product as it ships, Docker (engine and client), the registry and the Notary server.
  Emulated      Azure: Entra ID, Key Vault, Resource Manager, and the registry's token service. Their host
                names lead to this machine; no subscription is needed, and none is touched.`);
}

async function prepare(stack: StackClient): Promise<Prepared> {
  const scenario = await createScenario(stack, { name: 'contoso' });
  const { registry, signer, vault } = scenario;
  const { makeCertificate } = await prepareNotaryProject(scenario);
  const { url, chain } = await makeCertificate({ name: 'release' });
  const rootKey = await vault.key('root');
  say(`  registry    ${registry.loginServer}`);
  say(`  principal   ${signer.clientId} with AcrPush, AcrImageSigner and, at the vault,`);
  say('              Key Vault Crypto User, Secrets User and Certificate User');
  say(`  signing     ${url}`);
  say(`  root key    ${rootKey}`);
  return {
    ...scenario,
    gun: `${registry.loginServer}/${repository}`,
    inputs: { registry: registry.loginServer, ...credentialsOf(signer) },
    signing: { 'signing-key': url, 'trust-pin': rootKey },
    trusted: { 'trusted-certificate': chain.join('') },
    rootKey,
  };
}

/** Runs the product; `code` is the exit code that it must have. */
async function product(
  { stack, inputs }: Prepared,
  host: ProductHost,
  own: Texts,
  code = 0,
): Promise<ProductResult> {
  const result = await runProduct(stack.info, {
    host,
    // Nothing else needs it.
    ...(own.command === 'buildAndPush' && { docker: 'docker20' }),
    inputs: { ...inputs, ...own },
  });
  const output = host === 'cli' ? result.stderr : result.output;
  if ((result.exitCode === 0) !== (code === 0)) {
    quote(output.trimEnd().split(/\r?\n/));
    throw new DemoFailed(`this run ended with exit code ${result.exitCode}`);
  }
  quote(foldRun(output));
  return result;
}

/** Builds and pushes an image of its own. */
async function build(prepared: Prepared, host: ProductHost, own: Texts): Promise<ProductResult> {
  const context = await prepared.stack.makeImageContext(`demo ${host} ${own.tags ?? ''}`);
  return product(prepared, host, { command: 'buildAndPush', repository, context, ...own });
}

async function pull({ stack, signer, gun }: Prepared, tag: string, trust: boolean) {
  const ref = `${gun}:${tag}`;
  command(`${trust ? 'DOCKER_CONTENT_TRUST=1 ' : ''}docker pull ${ref}`);
  const result = await stack.dockerPull({ engine: 'docker20', ref, login: signer.login, trust });
  quote(foldPull(result.output));
  return result;
}

const hasPulled = ({ exitCode, output }: RunResult, digest: string | undefined): boolean =>
  exitCode === 0 && output.includes(`Digest: ${digest ?? 'none'}`);

/** Verifies a tag by content trust, pinned to the root key. */
async function verify(prepared: Prepared, tag: string, code = 0): Promise<ProductResult> {
  const { gun, rootKey } = prepared;
  command(`acr-content-trust verify ${gun}:${tag} --trust-pin …/keys/root`);
  const inputs = { command: 'verify', images: `${gun}:${tag}`, 'trust-pin': rootKey };
  return product(prepared, 'cli', inputs, code);
}

const codeOf = ({ output }: RunResult): string => /error ([A-Z_]+):/.exec(output)?.[1] ?? 'no code';

async function demonstrate(prepared: Prepared): Promise<void> {
  const { signing, rootKey } = prepared;

  step('The first image: built, pushed and signed by the command line');
  command(`acr-content-trust build-and-push --repository ${repository} --tags 1.0,latest …`);
  const { stack, gun, signer } = prepared;
  const mark = await stack.requestMark();
  const first = await build(prepared, 'cli', {
    tags: '1.0, latest',
    ...signing,
    'root-key': rootKey,
  });
  const { digest } = first.outputs;
  expect(first.outputs['signed-tags'] === '1.0,latest', 'two tags are signed');
  const asked = await stack.requests({ since: mark, matching: 'vault\\.azure\\.net/' });
  const [signs, secrets] = ['/sign', '/secrets/'].map(
    (part) => asked.filter(({ path: asking }) => asking.includes(part)).length,
  );
  expect(signs !== 0 && secrets === 0, 'by the vault: the private keys never left it');

  step('Docker with content trust pulls the signed image');
  expect(
    hasPulled(await pull(prepared, '1.0', true), digest),
    `Docker with content trust accepts 1.0, and pulls ${short(digest)}`,
  );
  expect((await verify(prepared, '1.0')).exitCode === 0, 'verify accepts it too, without Docker');

  step('An unsigned tag is refused');
  command(`acr-content-trust build-and-push --tags unsigned --content-trust false …`);
  await build(prepared, 'cli', { tags: 'unsigned', 'content-trust': 'false' });
  const refused = await pull(prepared, 'unsigned', true);
  expect(
    refused.exitCode !== 0 && refused.output.includes('No valid trust data'),
    'Docker with content trust refuses it',
  );
  const rejected = await verify(prepared, 'unsigned', 1);
  expect(codeOf(rejected) === 'TAG_NOT_SIGNED', `verify rejects it: ${codeOf(rejected)}`);
  expect(
    (await pull(prepared, 'unsigned', false)).exitCode === 0,
    'it is there, for those who do not ask for a signature',
  );

  await useOtherHosts(prepared);
  await moveAndRevoke(prepared, digest);

  step('The signed tags, as a stock `docker trust inspect` lists them');
  const inspection = await stack.dockerTrustInspect({
    engine: 'docker20',
    ref: gun,
    login: signer.login,
  });
  const tags = inspection?.SignedTags ?? [];
  quote(tags.map(({ SignedTag, Digest }) => `${SignedTag.padEnd(12)} sha256:${Digest}`));
  expect(
    tags.map(({ SignedTag }) => SignedTag).join() === '1.0,from-action,from-task',
    'three signed tags: neither the unsigned one is among them nor the revoked one',
  );
  await leaveContentTrust(prepared);
}

const short = (digest = 'none'): string => digest.slice(0, 'sha256:'.length + 12);

async function useOtherHosts(prepared: Prepared): Promise<void> {
  for (const [host, name, kinds] of [
    ['task', 'the Azure Pipelines task', 'dct'],
    ['action', 'the GitHub Action, which signs both ways', 'both'],
  ] as const) {
    step(`The same repository from ${name}`);
    const tag = `from-${host}`;
    say(`\n  command: buildAndPush, repository: ${repository}, tags: ${tag}, signatures: ${kinds}`);
    const run = await build(prepared, host, { tags: tag, signatures: kinds, ...prepared.signing });
    const pulled = await pull(prepared, tag, true);
    expect(hasPulled(pulled, run.outputs.digest), `Docker with content trust accepts ${tag}`);
    if (kinds === 'both') {
      expect(await isVerified(prepared, tag), 'and it has a Notary Project signature as well');
    }
  }
}

/** Whether a tag has a Notary Project signature that counts. */
async function isVerified(prepared: Prepared, tag: string, isGood = true): Promise<boolean> {
  command(`acr-content-trust verify ${prepared.gun}:${tag} --signatures notary-project …`);
  const { exitCode } = await product(
    prepared,
    'cli',
    {
      command: 'verify',
      images: `${prepared.gun}:${tag}`,
      signatures: 'notary-project',
      'require-signed-tag': 'true',
      ...prepared.trusted,
    },
    isGood ? 0 : 1,
  );
  return exitCode === 0;
}

async function moveAndRevoke(prepared: Prepared, digest: string | undefined): Promise<void> {
  step('A signed tag is moved to another image');
  command(`acr-content-trust build-and-push --tags latest --content-trust false …`);
  await build(prepared, 'cli', { tags: 'latest', 'content-trust': 'false' });
  const plain = await pull(prepared, 'latest', false);
  expect(
    plain.exitCode === 0 && !hasPulled(plain, digest),
    'a plain pull gets the other image, and does not notice',
  );
  expect(
    hasPulled(await pull(prepared, 'latest', true), digest),
    'Docker with content trust still gets the signed one',
  );
  const moved = await verify(prepared, 'latest', 1);
  expect(codeOf(moved) === 'TAG_MOVED', `verify rejects it: ${codeOf(moved)}`);

  step('The signature of that tag is revoked');
  command(`acr-content-trust revoke --repository ${repository} --tags latest`);
  const revoked = await product(prepared, 'cli', {
    command: 'revoke',
    repository,
    tags: 'latest',
    ...prepared.signing,
  });
  expect(revoked.outputs['revoked-tags'] === 'latest', 'revoke removed it from the trust data');
  expect(
    (await pull(prepared, 'latest', true)).exitCode !== 0,
    'now Docker with content trust refuses the tag',
  );
}

async function leaveContentTrust(prepared: Prepared): Promise<void> {
  const { stack, registry, signing, trusted, rootKey } = prepared;
  step('Before content trust ends in 2028: its signed tags get Notary Project signatures');
  command(`acr-content-trust migrate --repository ${repository} …`);
  await product(prepared, 'cli', { command: 'migrate', repository, ...signing });
  command('acr-content-trust migrate --check …');
  const checked = await product(prepared, 'cli', {
    command: 'migrate',
    check: 'true',
    'trust-pin': rootKey,
    ...trusted,
  });
  expect(checked.outputs['missing-signatures'] === '0', 'migrate signed what was missing');
  expect(
    checked.outputs['safe-to-switch-off'] === 'true',
    'migrate --check says that content trust can be switched off',
  );

  step('Content trust is switched off, for good');
  await stack.azure.updateRegistry(registry.loginServer, { contentTrust: false });
  expect((await pull(prepared, '1.0', true)).exitCode !== 0, 'Docker finds no trust data any more');
  expect(await isVerified(prepared, '1.0'), 'verify still accepts the signed tag');
  expect(!(await isVerified(prepared, 'unsigned', false)), 'and still rejects the unsigned one');
}

async function main(): Promise<void> {
  explain();
  const missing = await missingForStack((line) => {
    say(`\n  ${line}`);
  });
  if (missing.length > 0) {
    throw new DemoFailed(`This machine cannot run the demo: ${missing.join('; ')}`);
  }
  await access(path.join(root, 'dist/cli/index.cjs'));
  const started = Date.now();
  step('A registry of our own: Docker, registry, Notary server, and an emulated Azure');
  const stack = await startStack({ log: say });
  // Ctrl-C must not leave engines behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stack.stop().then(() => process.exit(1)));
  }
  try {
    await demonstrate(await prepare(connectStack(stack.info)));
  } finally {
    await stack.stop();
  }
  sum();
  say(
    `\nIn ${Math.round((Date.now() - started) / 1000)} s; all that was started has stopped. By hand: npm run stack`,
  );
}

main().catch((error: unknown) => {
  if (error instanceof DemoFailed) failed(error.message);
  else console.error(error);
  process.exitCode = 1;
});
