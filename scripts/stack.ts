/**
 * `npm run stack`: the test stack, to try things by hand. Sets up what an administrator would, prints
 * how to use it, and at Ctrl-C stops and removes all of it.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { prepareNotaryProject } from '../test/e2e/notary-project/certificates.js';
import { createScenario, credentialsOf, type Scenario } from '../test/e2e/scenario.js';
import { connectStack, missingForStack, startStack } from '../test/stack/index.js';

const root = path.resolve(import.meta.dirname, '..');
const repository = 'team/app';

const say = (line: string): void => {
  console.log(line);
};

const quoted = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`;

/** An image in the registry, so that there is something to sign. */
async function pushImage({ stack, registry, signer }: Scenario): Promise<string> {
  const ref = `${registry.loginServer}/${repository}:1`;
  const context = await stack.makeImageContext('by hand');
  const login = { server: registry.loginServer, ...signer.login };
  for (const args of [
    ['build', '-t', ref, context],
    ['push', ref],
  ]) {
    const env = { DOCKER_BUILDKIT: '0' };
    const { exitCode, output } = await stack.docker({ engine: 'docker20', args, login, env });
    if (exitCode !== 0) throw new Error(output);
  }
  return ref;
}

/** The programs as commands that need no further setting. */
async function writeCommands({ stack: { info }, registry, signer }: Scenario): Promise<string> {
  const folder = path.join(info.folder, 'bin');
  await mkdir(folder);
  const { username, password } = signer.login;
  const libraries = `LD_LIBRARY_PATH=${quoted(info.tools.libraries)}`;
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const commands = {
    'acr-content-trust': [process.execPath, path.join(root, 'dist/cli/index.cjs')],
    docker: ['env', libraries, path.join(info.tools.dockerPath.docker20, 'docker')],
    notary: [
      ...['env', libraries, `HTTPS_PROXY=${info.notaryProxy}`, `NOTARY_AUTH=${auth}`],
      ...[info.tools.programs.notary, '-s', `https://${registry.loginServer}`],
      ...['--tlscacert', info.caFile, '-d', path.join(info.folder, 'notary-by-hand')],
    ],
  };
  for (const [name, words] of Object.entries(commands)) {
    const file = path.join(folder, name);
    await writeFile(file, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
    await chmod(file, 0o755);
  }
  return folder;
}

/** The lines with which a shell becomes a client of the stack, as the pipeline's principal. */
async function environmentOf(scenario: Scenario): Promise<readonly string[]> {
  const { stack, registry, signer, vault } = scenario;
  const { makeCertificate } = await prepareNotaryProject(scenario);
  const { url, chain } = await makeCertificate({ name: 'release' });
  const certificate = path.join(stack.info.folder, 'release.pem');
  await writeFile(certificate, chain.join(''));
  const rootKey = await vault.key('root');
  const inputs = {
    registry: registry.loginServer,
    ...credentialsOf(signer),
    'signing-key': url,
    'root-key': rootKey,
    'trust-pin': rootKey,
  };
  // What runs leave behind, such as reports, goes when the stack goes.
  const temporary = path.join(stack.info.folder, 'temporary');
  await mkdir(temporary);
  const logins = { [registry.loginServer]: signer.login };
  const variables = {
    ...stack.info.env,
    TMPDIR: temporary,
    RELEASE_CERTIFICATE: certificate,
    DOCKER_HOST: stack.info.dockerHost.docker20,
    DOCKER_CONFIG: await stack.makeDockerConfig({ logins, buildx: true }),
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        `ACR_CONTENT_TRUST_${name.replaceAll('-', '_').toUpperCase()}`,
        value,
      ]),
    ),
  };
  return [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `export PATH=${quoted(await writeCommands(scenario))}:"$PATH"`,
  ];
}

async function explain(scenario: Scenario): Promise<void> {
  const { stack, registry, signer, reader, vault } = scenario;
  const ref = await pushImage(scenario);
  const lines = await environmentOf(scenario);
  const file = path.join(stack.info.folder, 'environment.sh');
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  // For scripts: connectStack(JSON.parse(...)).
  await writeFile(path.join(stack.info.folder, 'stack.json'), JSON.stringify(stack.info), {
    mode: 0o600,
  });
  const roles = 'AcrPush, AcrImageSigner; at the vault Crypto, Secrets and Certificate User';
  say(`
Hosts
  registry    ${registry.loginServer}   ${repository}:1 is in it, not signed
  vault       ${vault.url}   certificate "release" and key "root"
  Entra ID    login.microsoftonline.com
  Resource Manager   management.azure.com

Principals (client ID, secret, roles)
  pipeline    ${signer.clientId}   ${signer.clientSecret}   ${roles}
  consumer    ${reader.clientId}   ${reader.clientSecret}   AcrPull

In another terminal, as the pipeline, with all inputs that name registry, identity, keys and pin:
  . ${file}

Then any command, for example:
  acr-content-trust sign --repository ${repository} --tags 1 --signatures both
  acr-content-trust inspect --repository ${repository}
  acr-content-trust verify ${ref}
  acr-content-trust verify ${ref} --signatures both --trusted-certificate "$RELEASE_CERTIFICATE"
  DOCKER_CONTENT_TRUST=1 docker pull ${ref}
  notary list ${registry.loginServer}/${repository}

The stack is running; Ctrl-C stops it and removes everything.`);
}

const missing = await missingForStack(say);
if (missing.length > 0) {
  console.error('This machine cannot run the stack. It lacks:');
  for (const line of missing) console.error(`- ${line}`);
  process.exit(1);
}
const stack = await startStack({ log: say });
// A terminal's Ctrl-C comes twice: from the terminal itself, and handed on by the bootstrap.
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
});
try {
  await explain(await createScenario(connectStack(stack.info), { name: 'contoso' }));
  await stopped;
} finally {
  await stack.stop();
}
