/**
 * Runs that are stopped: told so, with the exit code of the signal, and nothing left of them, neither
 * a process nor the private folder with the login. What a hard kill leaves, the step after removes.
 */
import { readFile, readdir } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../stack/index.js';
import { stateOf, toldBy } from '../expectations.js';
import type { ProductHost, ProductResult } from '../product.js';
import { stateForPost } from '../post-step.js';
import { setUp } from '../set-up.js';
import { leftovers } from './refused.js';

const { stack, scenario } = await setUp();
const project = path.resolve(import.meta.dirname, '../../..');

interface Case {
  readonly host: ProductHost;
  readonly signal: NodeJS.Signals;
  readonly phase: 'build' | 'push';
  readonly builder: 'classic' | 'buildx';
  readonly engine: 'native' | 'docker';
}

const row = (
  host: ProductHost,
  signal: NodeJS.Signals,
  phase: Case['phase'],
  builder: Case['builder'],
  engine: Case['engine'],
): Case => ({ host, signal, phase, builder, engine });

const cases = [
  row('cli', 'SIGINT', 'build', 'classic', 'native'),
  row('cli', 'SIGTERM', 'build', 'buildx', 'native'),
  row('action', 'SIGINT', 'build', 'classic', 'docker'),
  row('task', 'SIGTERM', 'push', 'classic', 'docker'),
  row('action', 'SIGTERM', 'push', 'classic', 'native'),
  row('cli', 'SIGHUP', 'push', 'buildx', 'native'),
  row('cli', 'SIGINT', 'push', 'classic', 'docker'),
];

/** Runs until building or pushing is under way, which then takes longer than any test; then signals. */
async function stop(
  { host, signal, phase, builder, engine }: Case,
  repository: string,
): Promise<ProductResult> {
  const build = 'RUN ["/bin/busybox","sh","-c","echo under way; exec sleep 300"]\n';
  const dockerfile = `FROM scratch\nCOPY busybox /bin/busybox\nCOPY marker /\n${phase === 'build' ? build : ''}`;
  const context = await stack.makeImageContext(repository, { dockerfile });
  if (phase === 'push') {
    const target = `${scenario.registry.loginServer}/v2/${repository}/(blobs|manifests)/`;
    await stack.failNext({ target, times: 1000, failure: { kind: 'delay', delayMs: 15_000 } });
  }
  const key = () => (engine === 'docker' ? scenario.vault.secretKey() : scenario.vault.key());
  const underWay = {
    build: builder === 'classic' ? /---> Running in/ : /\[\d\/\d\] RUN|under way/,
    push:
      builder === 'classic'
        ? /The push refers to repository/
        : /exporting (manifest|config|layers)|pushing/,
  }[phase];
  return scenario.run({
    host,
    docker: builder === 'buildx' ? 'docker26' : 'docker20',
    dockerConfig: await stack.makeDockerConfig({ buildx: builder === 'buildx' }),
    // Ctrl-C, and a terminal that is closed, reach Docker as well.
    signalWhen: {
      pattern: underWay,
      signal,
      toGroup: /SIGINT|SIGHUP/.test(signal) && host === 'cli',
    },
    inputs: {
      repository,
      tags: '1.0',
      context,
      engine,
      'signing-key': await key(),
      'root-key': await key(),
    },
  });
}

/** Command lines of all processes that name `text`. */
async function processesNaming(text: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    // A process may end while it is looked at.
    ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.map((line) => line.replaceAll('\0', ' ')).filter((line) => line.includes(text));
}

describe('a run that is stopped', () => {
  it.concurrent.each(cases)(
    'ends cleanly on the $host: $signal during $phase, $builder, $engine engine',
    async (each) => {
      const { host, signal, phase } = each;
      const repository = scenario.repository();
      const result = await stop(each, repository);
      const told = toldBy(result);
      expect(
        told.map(({ code }) => code),
        result.output,
      ).toEqual(['INTERRUPTED']);
      expect(told[0]?.message).toContain(`The run was stopped by ${signal} before it was done.`);
      expect(result.output).toContain('Run it again.');
      expect(result.exitCode).toBe(128 + constants.signals[signal]);
      expect(result.taskResult).toBe(host === 'task' ? 'Failed' : undefined);
      expect(result.signal).toBeNull();
      expect(await leftovers(result)).toEqual([]);
      expect(await processesNaming(repository)).toEqual([]);
      const { tags, trust } = (await stateOf(scenario, repository)) as {
        tags: string[];
        trust: Record<string, string>;
      };
      expect(tags).toEqual([]);
      // The docker engine initialises the repository before Docker pushes.
      const targets = Buffer.from(trust.targets ?? '', 'base64').toString();
      expect(targets).toMatch(
        phase === 'push' && each.engine === 'docker' ? /"targets":\{\}/ : /^$/,
      );
    },
  );
});

describe('a run that is killed', () => {
  const privateFolders = async (result: ProductResult) =>
    (await leftovers(result)).filter((name) => name.startsWith('acr-content-trust-docker-'));

  it.concurrent.each(['action', 'task'] as const)(
    'is cleaned up after by the next step of the %s',
    async (host) => {
      const killed = row(host, 'SIGKILL', 'push', 'classic', 'docker');
      const result = await stop(killed, scenario.repository());
      expect(result.signal).toBe('SIGKILL');
      expect(await privateFolders(result)).toHaveLength(1);
      const after = await run(stack.info.tools.node['24'], [postOf(host)], {
        cwd: result.folder,
        env: {
          PATH: '/usr/bin:/bin',
          HOME: result.folder,
          RUNNER_TEMP: path.join(result.folder, 'temp'),
          AGENT_TEMPDIRECTORY: path.join(result.folder, 'temp'),
          AGENT_VERSION: '4.273.0',
          ...(await stateForPost(result)),
        },
      });
      expect(after.exitCode, after.output).toBe(0);
      expect(after.output).not.toMatch(/::(warning|error)|type=(warning|error)/);
      expect(await privateFolders(result)).toEqual([]);
    },
  );

  it.concurrent('is cleaned up after by the next run of the command line', async () => {
    const killed = row('cli', 'SIGKILL', 'push', 'classic', 'docker');
    const result = await stop(killed, scenario.repository());
    expect(result.signal).toBe('SIGKILL');
    expect(await privateFolders(result)).toHaveLength(1);
    // Any command does, also one that does nothing else.
    const file = path.join(project, 'dist/cli/index.cjs');
    await run(stack.info.tools.node['24'], [file, 'verify', '--images', 'not a name'], {
      cwd: result.folder,
      env: {
        PATH: '/usr/bin:/bin',
        HOME: result.folder,
        TMPDIR: path.join(result.folder, 'temp'),
      },
    });
    expect(await privateFolders(result)).toEqual([]);
  });

  const postOf = (host: 'action' | 'task') =>
    path.join(
      project,
      'dist',
      host === 'action' ? 'action/post.cjs' : 'task/AcrContentTrustV1/post.js',
    );
});
