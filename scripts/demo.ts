/**
 * `npm run demo`: the main job end to end, against a registry of our own. The product runs as it
 * ships; a stock Docker CLI with content trust on is the judge of what it did.
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
  uniqueName,
  type RunResult,
  type StackClient,
} from '../test/stack/index.js';

const root = path.resolve(import.meta.dirname, '..');

function say(line = ''): void {
  console.log(line);
}

function step(title: string): void {
  say(`\n=== ${title}`);
}

function quote(output: string): void {
  for (const line of output.trimEnd().split(/\r?\n/)) say(`    ${line}`);
}

/** Ends the demo: something did not go as it must. */
class DemoFailed extends Error {}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new DemoFailed(what);
  say(`  ✓ ${what}`);
}

type Texts = Readonly<Record<string, string>>;

/** What an administrator has set up, and the inputs of every run. */
interface Prepared extends Scenario {
  readonly inputs: Texts;
  /** Of those that build. */
  readonly keys: Texts;
}

async function prepare(stack: StackClient): Promise<Prepared> {
  const scenario = await createScenario(stack);
  const { registry, signer, vault } = scenario;
  const keys = { 'signing-key': await vault.key('app'), 'root-key': await vault.key('root') };
  say(`  registry   ${registry.loginServer}`);
  say(`  principal  ${signer.clientId} with AcrPush, AcrImageSigner, Key Vault Crypto User`);
  say(`  keys       ${keys['signing-key']}`);
  say(`             ${keys['root-key']}`);
  const inputs = { registry: registry.loginServer, ...credentialsOf(signer) };
  return { ...scenario, inputs, keys };
}

async function build(prepared: Prepared, host: ProductHost, own: Texts): Promise<ProductResult> {
  const context = await prepared.stack.makeImageContext(`demo ${host} ${own.tags ?? ''}`);
  return product(prepared, host, { command: 'buildAndPush', context, ...prepared.keys, ...own });
}

async function product(
  { stack, inputs }: Prepared,
  host: ProductHost,
  own: Texts,
): Promise<ProductResult> {
  const result = await runProduct(stack.info, {
    host,
    docker: 'docker20',
    inputs: { ...inputs, ...own },
  });
  quote(host === 'cli' ? result.stderr : withoutDebug(result.output));
  return result;
}

/** Hosts hide debug lines unless they are asked for. */
function withoutDebug(output: string): string {
  return output
    .split(/\r?\n/)
    .filter(
      (line) =>
        !/^(::debug::|##vso\[task\.debug\]|::add-mask::|##vso\[task\.setsecret\])/.test(line),
    )
    .join('\n');
}

async function pull({ stack, signer }: Prepared, ref: string, trust: boolean): Promise<RunResult> {
  say(`\n  $ ${trust ? 'DOCKER_CONTENT_TRUST=1 ' : ''}docker pull ${ref}`);
  const result = await stack.dockerPull({ engine: 'docker20', ref, login: signer.login, trust });
  quote(result.output);
  return result;
}

async function demonstrate(prepared: Prepared): Promise<void> {
  const repository = uniqueName('demo/app');
  const gun = `${prepared.registry.loginServer}/${repository}`;

  step('Command line: build, push and sign; the first time for this repository');
  const cli = await build(prepared, 'cli', { repository, tags: '1.0, latest' });
  expect(cli.exitCode === 0, 'acr-content-trust build-and-push succeeded');

  step('A stock Docker CLI with content trust accepts it');
  const accepted = await pull(prepared, `${gun}:1.0`, true);
  expect(accepted.exitCode === 0, 'docker pull accepted the signed tag');
  expect(
    accepted.output.includes(cli.outputs.digest ?? 'no digest'),
    `and pulled ${cli.outputs.digest ?? ''}`,
  );

  step('A tag pushed without content trust, which is refused');
  const unsigned = await build(prepared, 'cli', {
    repository,
    tags: 'unsigned',
    'content-trust': 'false',
  });
  expect(unsigned.exitCode === 0, 'pushed unsigned, as asked for');
  const refused = await pull(prepared, `${gun}:unsigned`, true);
  expect(refused.exitCode !== 0, 'docker pull refused the unsigned tag');
  const without = await pull(prepared, `${gun}:unsigned`, false);
  expect(without.exitCode === 0, 'which is there for those who do not ask for a signature');

  for (const [host, name] of [
    ['task', 'Azure Pipelines task'],
    ['action', 'GitHub Action'],
  ] as const) {
    step(`${name}: the same repository, a further tag`);
    const result = await build(prepared, host, { repository, tags: `from-${host}` });
    expect(result.exitCode === 0, `the ${name} succeeded`);
    const pulled = await pull(prepared, `${gun}:from-${host}`, true);
    expect(pulled.exitCode === 0, 'docker pull accepted its tag');
  }

  step('What a stock `docker trust inspect` says of the repository');
  const inspection = await prepared.stack.dockerTrustInspect({
    engine: 'docker20',
    ref: gun,
    login: prepared.signer.login,
  });
  for (const { SignedTag, Digest } of inspection?.SignedTags ?? []) {
    say(`  ${SignedTag.padEnd(12)} sha256:${Digest}`);
  }
  expect(
    inspection?.SignedTags.length === 4,
    'four signed tags; the unsigned one is not among them',
  );

  await leaveContentTrust(prepared, repository);
}

async function leaveContentTrust(prepared: Prepared, repository: string): Promise<void> {
  const { stack, registry } = prepared;
  const gun = `${registry.loginServer}/${repository}`;
  const { makeCertificate } = await prepareNotaryProject(prepared);
  const { url, chain } = await makeCertificate();
  const trusted = { 'trusted-certificate': chain.join('') };

  step('Leave Docker Content Trust: what it has signed gets a Notary Project signature');
  const migrated = await product(prepared, 'cli', {
    command: 'migrate',
    repository,
    'signing-key': url,
  });
  expect(migrated.exitCode === 0, 'acr-content-trust migrate succeeded');
  const checked = await product(prepared, 'cli', { command: 'migrate', check: 'true', ...trusted });
  expect(
    checked.outputs['safe-to-switch-off'] === 'true',
    'and it is safe to switch content trust off',
  );

  step('Content trust is switched off, for good');
  await stack.azure.updateRegistry(registry.loginServer, { contentTrust: false });
  const verify = (tag: string) =>
    product(prepared, 'cli', {
      command: 'verify',
      images: `${gun}:${tag}`,
      signatures: 'notary-project',
      'require-signed-tag': 'true',
      ...trusted,
    });
  expect((await verify('1.0')).exitCode === 0, 'the signed tag still verifies');
  expect((await verify('unsigned')).exitCode !== 0, 'and the unsigned one does not');
}

async function main(): Promise<void> {
  const started = Date.now();
  const missing = await missingForStack(say);
  if (missing.length > 0) {
    throw new DemoFailed(`This machine cannot run the demo: ${missing.join('; ')}`);
  }
  await access(path.join(root, 'dist/cli/index.cjs'));
  step('A registry of our own: Docker, registry, Notary server, and an emulated Azure');
  const stack = await startStack({ log: say });
  // Ctrl-C must not leave engines behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stack.stop().then(() => process.exit(1)));
  }
  try {
    await demonstrate(await prepare(connectStack(stack.info)));
    say(`\nAll as it should be, in ${Math.round((Date.now() - started) / 1000)} s.`);
  } finally {
    await stack.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof DemoFailed ? `\n  ✗ ${error.message}` : error);
  process.exitCode = 1;
});
