/** Stacks live side by side and leave nothing behind, however they end. */
import { spawn } from 'node:child_process';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, describe, expect, it } from 'vitest';

import { connectStack, createTestRegistry, run, startStack, type StackInfo } from './index.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Command lines of the living processes that mention `text`; a dead process has none. */
async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    // A process may end while we look.
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text)).map((line) => line.replaceAll('\0', ' '));
}

async function mountsWith(text: string): Promise<string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  return mounts.split('\n').filter((line) => line.includes(text));
}

/** A stack's control groups, whichever version of control groups this system has. */
async function controlGroups(info: StackInfo): Promise<string[]> {
  const top = '/sys/fs/cgroup';
  const trees = [top, ...(await readdir(top)).map((name) => join(top, name))];
  const names = await Promise.all(
    // Files among the folders have no entries.
    trees.map((tree) => readdir(tree).catch((): string[] => [])),
  );
  return names.flat().filter((name) => name === basename(info.folder));
}

/** Starts a stack in a process of its own, as a person would, and waits until it says how to use it. */
async function startInProcess(
  file: string,
  args: readonly string[],
): Promise<{ readonly info: StackInfo; readonly said: string; readonly pid: number }> {
  // In a group of its own, so that a signal can reach all of it, as a terminal's Ctrl-C does.
  const child = spawn(file, args, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const { pid = 0 } = child;
  cleanUps.push(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
    return Promise.resolve();
  });
  let said = '';
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    said += chunk;
    if (said.includes('Ctrl-C')) break;
  }
  const folder = /^ {2}\. (\S+)\/environment\.sh$/m.exec(said)?.[1] ?? '';
  const info = JSON.parse(await readFile(join(folder, 'stack.json'), 'utf8')) as StackInfo;
  return { info, said, pid };
}

/** Waits until nothing is left of a stack: no file, process, mount or control group. */
async function expectGone(info: StackInfo): Promise<void> {
  await expect.poll(() => exists(info.folder)).toBe(false);
  await expect.poll(() => processesWith(info.folder)).toEqual([]);
  expect(await mountsWith(info.folder)).toEqual([]);
  expect(await controlGroups(info)).toEqual([]);
}

/** Runs a container that would live on, so that there is something to leave behind. */
async function runContainers(info: StackInfo): Promise<void> {
  const stack = connectStack(info);
  const context = await stack.makeImageContext('long-lived');
  for (const engine of ['docker20', 'docker26'] as const) {
    const image = 'local/long-lived';
    const env = { DOCKER_BUILDKIT: '0' };
    const built = await stack.docker({ engine, args: ['build', '-t', image, context], env });
    expect(built.exitCode, built.output).toBe(0);
    const started = await stack.docker({
      engine,
      args: ['run', '--detach', image, '/bin/busybox', 'sleep', '1000'],
    });
    expect(started.exitCode, started.output).toBe(0);
  }
}

describe('a stack', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'leaves no process, mount, control group or file when its owner gets %s',
    async (signal) => {
      const script = ['--import', 'tsx', 'scripts/stack.ts'];
      const { info, pid } = await startInProcess(process.execPath, script);
      await runContainers(info);
      expect(await processesWith(info.folder)).not.toEqual([]);
      expect(await controlGroups(info)).not.toEqual([]);
      process.kill(pid, signal);
      await expectGone(info);
    },
  );

  it('is had by hand: its environment is all a shell needs, and Ctrl-C leaves nothing', async () => {
    const { info, said, pid } = await startInProcess('npm', ['run', '--silent', 'stack']);
    const lines = said.split('\n');
    const first = lines.findIndex((line) => line.startsWith('  . '));
    // What is to be copied is indented.
    const commands = lines.slice(first).filter((line) => line.startsWith('  '));
    expect(commands.join('\n')).toMatch(/environment\.sh\n +acr-content-trust sign [^]* verify /);
    const shell = await run('/bin/sh', ['-eu', '-c', commands.join('\n')], {
      env: { PATH: '/usr/bin:/bin', HOME: info.folder },
    });
    expect(shell.exitCode, shell.output).toBe(0);
    const digest = /^digest: (sha256:[0-9a-f]{64})$/m.exec(shell.stdout)?.[1] ?? 'no digest';
    expect(shell.stdout).toMatch(new RegExp(`^Digest: ${digest}$`, 'm'));
    expect(shell.stdout).toMatch(new RegExp(`^1 +${digest.slice(7)} `, 'm'));
    process.kill(-pid, 'SIGINT');
    await expectGone(info);
  });

  it('keeps its mounts and interfaces to itself while it runs', async () => {
    const interfaces = Object.keys(networkInterfaces()).sort();
    const stack = await startStack();
    cleanUps.push(() => stack.stop());
    expect(await mountsWith(stack.info.folder)).toEqual([]);
    expect(Object.keys(networkInterfaces()).sort()).toEqual(interfaces);
    await stack.stop();
    expect(await exists(stack.info.folder)).toBe(false);
  });

  it('does not meet another one: same names, other contents', async () => {
    const stacks = await Promise.all([startStack(), startStack()]);
    cleanUps.push(() => Promise.all(stacks.map((stack) => stack.stop())));
    const [first, second] = stacks.map(({ info }) => connectStack(info));
    if (first === undefined || second === undefined) throw new Error('two stacks were started');

    const name = 'contoso';
    const { loginServer, id } = await first.azure.createRegistry({ name });
    await second.azure.createRegistry({ name });
    const signer = await first.azure.createServicePrincipal();
    for (const role of ['AcrPush', 'AcrImageSigner']) {
      await first.azure.assignRole({ principalId: signer.clientId, role, scope: id });
    }
    const login = { username: signer.clientId, password: signer.clientSecret };
    const ref = `${loginServer}/app:1`;
    const push = async (stack: typeof first) => {
      const context = await stack.makeImageContext('same');
      await stack.docker({
        engine: 'docker20',
        args: ['build', '-t', ref, context],
        env: { DOCKER_BUILDKIT: '0' },
      });
      return stack.docker({
        engine: 'docker20',
        args: ['push', ref],
        login: { server: loginServer, ...login },
        trust: true,
        env: {
          DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'a root passphrase',
          DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'a repository passphrase',
        },
      });
    };
    const accepted = await push(first);
    expect(accepted.exitCode, accepted.output).toBe(0);
    expect((await push(second)).exitCode).not.toBe(0);
    expect(await first.tags('app')).toEqual(['1']);
    expect(await second.tags('app')).toEqual([]);
    expect(await second.trustState(`${loginServer}/app`)).toEqual({});
  });

  it('starts a stopped server again', async () => {
    const stack = await startStack({ servers: ['registry', 'notary', 'docker20'] });
    cleanUps.push(() => stack.stop());
    const client = connectStack(stack.info);
    const registry = await createTestRegistry(client);
    const reader = await registry.principal('AcrPull');
    const inspect = () =>
      client.dockerPull({
        engine: 'docker20',
        ref: `${registry.loginServer}/app:1`,
        login: reader.login,
      });
    await client.stopServer('notary');
    expect((await inspect()).output).toContain('unable to reach trust server');
    await client.startServer('notary');
    expect((await inspect()).output).toContain('does not have trust data');
    expect(await stack.failures()).toEqual([
      expect.stringMatching(/^GET \S+\/_trust\/tuf\/root.json got no answer: ECONNREFUSED$/),
    ]);
  });

  it('tells what its servers failed at by themselves, and of no failure on order', async () => {
    const stack = await startStack({ servers: ['registry'] });
    cleanUps.push(() => stack.stop());
    const client = connectStack(stack.info);
    const { loginServer } = await createTestRegistry(client);
    const failure = { kind: 'answer', status: 500 } as const;
    await client.failNext({ target: `${loginServer}/v2/`, failure });
    expect((await client.ask({ host: loginServer, path: '/v2/' })).status).toBe(500);
    expect(await stack.failures()).toEqual([]);
    // A tag as docker-registry leaves it for a moment when it writes it anew.
    const tag = 'docker/registry/v2/repositories/app/_manifests/tags/1/current';
    await mkdir(join(stack.info.folder, 'registry/data', tag), { recursive: true });
    await writeFile(join(stack.info.folder, 'registry/data', tag, 'link'), '');
    await expect(client.manifest('app', '1')).rejects.toThrow('the registry answered 500');
    expect(await stack.failures()).toEqual([
      expect.stringMatching(/^registry: .*"invalid checksum digest format".*\/app\/manifests\/1 /),
    ]);
  });
});
