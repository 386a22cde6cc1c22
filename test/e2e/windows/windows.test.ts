/**
 * The bundles on Windows: what paths, line ends, drives and the environment of Windows change. Where
 * Wine is not possible, TEST_WITHOUT_WINE=1 leaves this file out.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stateForPost } from '../post-step.js';
import { expectFailure, expectSigned, expectSuccess } from '../expectations.js';
import { programOf, type ProductHost, type ProductResult } from '../product.js';
import { credentialsOf, newPrivateKey, type ScenarioRun } from '../scenario.js';
import { setUp } from '../set-up.js';
import { ensureWine } from '../../stack/tools/wine.js';
import { signedImage } from '../verify/signed.js';
import { onDriveZ, runNode, runOnWindows } from './on-windows.js';

const { stack, scenario } = await setUp();
const wine = await ensureWine();
const project = path.resolve(import.meta.dirname, '../../..');
const hosts: readonly ProductHost[] = ['cli', 'action', 'task'];
const posts = {
  action: 'dist/action/post.cjs',
  task: 'dist/task/AcrContentTrustV1/post.js',
} as const;

/** Runs the product as the signer, on Windows. */
function run({ inputs, ...options }: ScenarioRun): Promise<ProductResult> {
  const given: Readonly<Record<string, string | undefined>> = {
    registry: scenario.registry.loginServer,
    ...credentialsOf(scenario.signer),
    ...inputs,
  };
  const own = Object.entries(given).filter((entry) => entry[1] !== undefined);
  return runOnWindows(stack.info, wine, {
    ...options,
    inputs: Object.fromEntries(own) as Record<string, string>,
  });
}

/** Files in a folder of their own that is the working folder of a run. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const { folder } = await programOf(stack.info, { host: 'cli', inputs: {} });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return folder;
}

describe('on Windows', () => {
  it('the command line says which version it is', async () => {
    const folder = await folderWith({});
    const node = (...args: string[]) =>
      runNode(wine, args, { folder, cwd: folder, env: { PATH: '/usr/bin:/bin' } });
    expect((await node('-p', 'process.platform')).stdout).toBe('win32\n');
    const { version } = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8')) as {
      version: string;
    };
    const result = await node(path.join(project, 'dist/cli/index.cjs'), '--version');
    expect([result.exitCode, result.stdout]).toEqual([0, `${version}\n`]);
  });

  it.each(hosts)('a bad input is refused on the %s', async (host) => {
    const repository = scenario.repository();
    const result = await run({ host, inputs: { command: 'sign', repository, tags: 'a b' } });
    expectFailure(result, { code: 'INPUT_INVALID', message: /tags/ });
  });

  it.each(hosts)('an image is signed on the %s, with key files on drive Z', async (host) => {
    const repository = scenario.repository();
    const digest = await stack.storeImage(repository, ['1.0'], repository);
    // As editors of Windows write them.
    const pem = newPrivateKey().replaceAll('\n', '\r\n');
    const folder = await folderWith({
      'signing key.pem': pem,
      'root.pem': `\ufeff${newPrivateKey()}`,
    });
    const isFile = host === 'cli';
    const inputs = {
      command: 'sign',
      repository,
      tags: '1.0',
      'trust-report': onDriveZ(path.join(folder, 'report.json')),
      'signing-key': isFile
        ? onDriveZ(path.join(folder, 'signing key.pem'))
        : await scenario.vault.key(),
      'root-key': isFile ? 'root.pem' : await scenario.vault.key(),
    };
    const result = await run({ host, cwd: folder, inputs });
    expectSuccess(result);
    expect(result.outputs.digest).toBe(digest);
    expect(result.summary).toContain(host === 'task' ? '' : digest);
    const report = await readFile(path.join(folder, 'report.json'), 'utf8');
    expect(JSON.parse(report)).toMatchObject({ command: 'sign', outcome: 'done' });
    await expectSigned(scenario, repository, { tags: ['1.0'], digest });
    if (host === 'cli') return;
    const post = await runNode(wine, [path.join(project, posts[host])], {
      folder: result.folder,
      cwd: result.folder,
      env: {
        RUNNER_TEMP: path.join(result.folder, 'temp'),
        AGENT_TEMPDIRECTORY: path.join(result.folder, 'temp'),
        AGENT_VERSION: '4.273.0',
        ...(await stateForPost(result)),
      },
    });
    expect(post.exitCode, post.output).toBe(0);
    expect(post.output).not.toMatch(/::(warning|error)|type=(warning|error)/);
    const left = await readdir(path.join(result.folder, 'temp'));
    expect(left.filter((name) => name.startsWith('acr-content-trust-docker-'))).toEqual([]);
  });

  it('digests are written into files as Windows writes them', async () => {
    const keys = {
      'signing-key': await scenario.vault.key(),
      'root-key': await scenario.vault.key(),
    };
    const { ref, digest, gun } = await signedImage(scenario, keys);
    const compose = `\ufeffservices:\r\n  app:\r\n    image: ${ref} # ours\r\n`;
    const pod = `apiVersion: v1\r\nkind: Pod\r\nmetadata: {name: a}\r\nspec:\r\n  containers:\r\n  - image: "${ref}"\r\n`;
    const folder = await folderWith({ 'compose.yaml': compose, 'pod.yml': pod });
    const result = await run({
      host: 'cli',
      cwd: folder,
      inputs: {
        command: 'verify',
        registry: undefined,
        ...credentialsOf(scenario.reader),
        files: `compose.yaml, ${onDriveZ(path.join(folder, 'pod.yml'))}`,
        'write-digests': 'true',
      },
    });
    expectSuccess(result);
    expect(result.outputs.images).toBe(`${gun}@${digest}`);
    for (const [name, text] of Object.entries({ 'compose.yaml': compose, 'pod.yml': pod })) {
      const written = await readFile(path.join(folder, name), 'utf8');
      expect(written).toBe(text.replaceAll(ref, `${ref}@${digest}`));
    }
  });
});
