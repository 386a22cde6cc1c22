import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import {
  access,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAll } from '../../scripts/build.js';
import { packExtension } from '../../scripts/packages/extension.js';
import { version } from '../../src/version.js';
import { startNode } from '../hosts/start.js';

let folder = '';
let dist = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bundles-'));
  dist = path.join(folder, 'dist');
  await buildAll(dist);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function filesOf(of: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(of, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    await Promise.all(
      files.map(async (entry): Promise<[string, string]> => {
        const file = path.join(entry.parentPath, entry.name);
        return [path.relative(of, file), await readFile(file, 'latin1')];
      }),
    ),
  );
}

/** A folder such as a run of ours makes for docker. */
async function leftBehind(): Promise<string> {
  const left = path.join(folder, 'acr-content-trust-docker-AbCd12');
  await mkdir(left, { recursive: true });
  await writeFile(path.join(left, '.acr-content-trust'), '');
  await writeFile(path.join(left, 'config.json'), '{}');
  return left;
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

describe('the bundles', () => {
  it('are the same bytes each time, and name no path of this machine', async () => {
    const again = path.join(folder, 'again');
    await buildAll(again);
    const files = await filesOf(dist);
    expect(await filesOf(again)).toEqual(files);
    const here = process.cwd();
    expect([...files].filter(([, text]) => text.includes(here)).map(([file]) => file)).toEqual([]);
  });

  it('come with the licences of what they contain', async () => {
    const licences = await readFile(path.join(dist, 'action/licenses.txt'), 'utf8');
    expect(licences).toMatch(/^@actions\/core \d/m);
    expect(licences).toMatch(/^@azure\/identity \d/m);
    expect(licences).not.toContain('see below');
  });

  it.each(['action', 'cli', 'task/AcrContentTrustV1'])(
    'of %s have all that they ask of each other',
    async (host) => {
      const asked = /require\("(\.\/[\w-]+\.cjs)"\)\["([^"]+)"\]/g;
      const files = await filesOf(path.join(dist, host));
      const texts = [...files].filter(([file]) => /\.c?js$/.test(file)).map(([, text]) => text);
      const questions = texts.flatMap((text) => [...text.matchAll(asked)]);
      expect(questions.length).toBeGreaterThan(50);
      const load = createRequire(path.join(dist, host, 'here.cjs'));
      for (const [, file = '', module = ''] of questions) {
        const part = load(file) as Readonly<Record<string, unknown>>;
        expect(part[module], `${module} of ${file}`).toBeDefined();
      }
    },
  );

  it.each(['action/post-main.cjs', 'task/AcrContentTrustV1/post-main.js'])(
    'carry no library into %s, which runs after every job',
    async (file) => {
      const { size } = await stat(path.join(dist, file));
      expect(size).toBeLessThan(30_000);
    },
  );
});

describe('the size', () => {
  it.each(['action', 'cli', 'task/AcrContentTrustV1'])(
    'of all code in %s is below two megabytes',
    async (host) => {
      const files = await filesOf(path.join(dist, host));
      const code = [...files].filter(([file]) => /\.c?js$/.test(file));
      const bytes = code.reduce((sum, [, text]) => sum + text.length, 0);
      expect(bytes).toBeLessThan(2_000_000);
    },
  );
});

// In the same run and by turns, so that neither a slow machine nor a busy one tells another ratio.
describe.skipIf(process.platform === 'win32')('the processor time of a start', () => {
  /** Seconds of a whole process, as its shell tells them when it has ended. */
  async function processorTime(args: readonly string[]): Promise<number> {
    const script = '"$@" > /dev/null 2>&1; times';
    const shell = ['-c', script, 'sh', process.execPath, ...args];
    const { stdout } = await promisify(execFile)('sh', shell, { env: { LC_ALL: 'C' } });
    const [, ofChildren = ''] = stdout.split('\n');
    const times = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)];
    return times.reduce(
      (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
      0,
    );
  }

  it.each([
    ['--version', 1.6],
    // Input is read and rejected: nothing that it needs to go on is parsed. Usually 3.3, more where others compute, too.
    ['sign', 6],
  ])('with %s is at most a multiple of that of Node.js alone', async (argument, most) => {
    const empty = path.join(folder, 'empty.cjs');
    await writeFile(empty, '');
    const spent = { alone: 0, ours: 0 };
    for (let turn = 0; turn < 7; turn += 1) {
      spent.alone += await processorTime([empty]);
      spent.ours += await processorTime([path.join(dist, 'cli/index.cjs'), argument]);
    }
    expect(spent.ours / spent.alone, JSON.stringify(spent)).toBeLessThanOrEqual(most);
  });
});

describe('a start', () => {
  const starts = {
    'the help': { file: 'cli/index.cjs', args: ['sign', '--help'], env: {}, code: 0, parts: [] },
    'a bad input of the command line': {
      file: 'cli/index.cjs',
      args: ['verify'],
      env: {},
      code: 2,
      parts: ['part-deployment-files.cjs', 'part-registry.cjs'],
    },
    'a bad input of the action': {
      file: 'action/sign.cjs',
      args: [],
      env: {},
      code: 2,
      parts: [],
    },
    'a bad input of the task': {
      file: 'task/AcrContentTrustV1/index.js',
      args: [],
      env: { INPUT_COMMAND: 'keysInit' },
      code: 2,
      parts: [],
    },
  };

  it.each(Object.entries(starts))('with %s reads no library, and few parts', async (_, start) => {
    const notes = path.join(folder, 'loaded.txt');
    const preload = await noteLoaded();
    const args = ['--require', preload, path.join(dist, start.file), ...start.args];
    const { code } = await startNode(args, { NOTES: notes, ...start.env });
    expect(code).toBe(start.code);
    const loaded = (await readFile(notes, 'utf8')).split('\n');
    expect(loaded.slice(1)).toEqual([
      path.basename(start.file),
      expect.stringMatching(/^main\.c?js$/),
      'part-shared.cjs',
      ...start.parts,
    ]);
  });

  it('defines few members of what it may load', async () => {
    const preload = path.join(folder, 'members.cjs');
    await writeFile(
      preload,
      `const { defineProperty } = Object;
      let members = 0;
      Object.defineProperty = (of, name, property) => {
        members += property.get ? 1 : 0;
        return defineProperty(of, name, property);
      };
      process.on('exit', () => require('fs').writeSync(1, 'members: ' + members + '\\n'));\n`,
    );
    const args = ['--require', preload, path.join(dist, 'cli/index.cjs'), 'sign'];
    const { stdout } = await startNode(args, {});
    // With one for each name that a part may use of another it was 1,550; now it is about 400.
    expect(Number(/^members: (\d+)$/.exec(stdout.join())?.[1])).toBeLessThan(600);
  });

  it('that goes on reads a few parts and the Azure libraries before its first request', async () => {
    const notes = path.join(folder, 'loaded.txt');
    const preload = await noteLoaded();
    const key = path.join(folder, 'key.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const inputs = {
      registry: 'contoso.azurecr.io',
      repository: 'team/app',
      tags: '1.0',
      'signing-key': key,
      'client-id': '00000000-0000-4000-8000-000000000001',
      'tenant-id': '00000000-0000-4000-8000-000000000002',
    };
    const options = Object.entries(inputs).map(([name, value]) => `--${name}=${value}`);
    const args = ['--require', preload, path.join(dist, 'cli/index.cjs'), 'sign', ...options];
    const secret = { ACR_CONTENT_TRUST_CLIENT_SECRET: 'a secret' };
    const { code } = await startNode(args, { NOTES: notes, ...secret });
    expect(code).toBe(99);
    const loaded = (await readFile(notes, 'utf8')).split('\n');
    expect(loaded.slice(1)).toEqual([
      'index.cjs',
      'main.cjs',
      'part-shared.cjs',
      'part-registry.cjs',
      'part-run.cjs',
      'azure-sdk.cjs',
    ]);
  });
});

/** A preload that notes at the exit which files were loaded, and ends the process at a connection. */
async function noteLoaded(): Promise<string> {
  const preload = path.join(folder, 'loaded.cjs');
  await writeFile(
    preload,
    `process.on('exit', () => {
      const loaded = Object.keys(require.cache).map((file) => require('path').basename(file));
      require('fs').writeFileSync(process.env.NOTES, loaded.join('\\n'));
    });
    require('net').Socket.prototype.connect = () => process.exit(99);\n`,
  );
  return preload;
}

describe('the bundled command line', () => {
  it('prints its help and its version', async () => {
    const cli = path.join(dist, 'cli/index.cjs');
    const help = await startNode([cli, '--help'], {});
    expect(help.code).toBe(0);
    expect(help.stdout.join('\n')).toContain('build-and-push');
    expect((await startNode([cli, '--version'], {})).stdout).toEqual([version]);
  });

  it('exits with 2 for a bad input', async () => {
    const { code, stderr } = await startNode([path.join(dist, 'cli/index.cjs'), 'sign'], {});
    expect(code).toBe(2);
    expect(stderr[0]).toMatch(/^error INPUT_MISSING: /);
  });
});

describe('the bundled action', () => {
  it('fails with one error line for a bad input', async () => {
    const main = path.join(dist, 'action/index.cjs');
    const { code, stdout } = await startNode([main], { INPUT_COMMAND: 'deploy' });
    expect(code).toBe(2);
    expect(stdout.filter((line) => line.startsWith('::error'))).toEqual([
      expect.stringMatching(
        /^::error title=Content trust%3A INPUT_INVALID::INPUT_INVALID: Input "command" is "deploy", and there is no such command\.%0AUse one of: buildAndPush, build, push, sign, /,
      ),
    ]);
  });

  it('has an entry that only signs, whatever command is asked for', async () => {
    const env = { INPUT_COMMAND: 'build', INPUT_REGISTRY: 'contoso.azurecr.io' };
    const { stdout } = await startNode([path.join(dist, 'action/sign.cjs')], {
      ...env,
      INPUT_DIGEST: 'nonsense',
      INPUT_REPOSITORY: 'team/app',
      INPUT_TAGS: '1.0',
    });
    // "build" has no input "digest" and would not have looked at it.
    expect(stdout.filter((line) => line.startsWith('::error')).join()).toContain('nonsense');
  });

  it('removes in its post step what the main step noted, and nothing else', async () => {
    const left = await leftBehind();
    const other = path.join(folder, 'not-ours');
    await mkdir(other);
    const { code, stdout } = await startNode([path.join(dist, 'action/post.cjs')], {
      STATE_foldersToRemove: JSON.stringify([left, other]),
    });
    expect(code).toBe(0);
    expect(await isThere(left)).toBe(false);
    expect(await isThere(other)).toBe(true);
    expect(stdout).toHaveLength(1);
    expect(stdout[0]).toMatch(/^::warning::The private folder .*not-ours could not be removed/);
  });
});

describe('the bundled task', () => {
  it('names the folder where its library cannot write, before that is loaded', async () => {
    const main = path.join(dist, 'task/AcrContentTrustV1/index.js');
    const gone = path.join(folder, 'gone');
    const { code, stdout, stderr } = await startNode([main], {
      AGENT_TEMPDIRECTORY: gone,
      COMMAND_CORRELATION_ID: 'b8f5',
    });
    const text = expect.stringContaining(
      `]FILE_NOT_WRITTEN: The folder for temporary files, ${gone}, cannot be written to: ENOENT`,
    ) as string;
    expect([code, stdout, stderr]).toEqual([1, [text, text], []]);
    expect(stdout[0]).toMatch(/^##vso\[task\.issue type=error;source=TaskInternal;.*b8f5;\]/);
    expect(stdout[1]).toMatch(/^##vso\[task\.complete result=Failed;\]/);
  });

  it('removes after the job what the task noted, and nothing else', async () => {
    const post = path.join(dist, 'task/AcrContentTrustV1/post.js');
    const left = await leftBehind();
    const other = path.join(folder, 'not-%ours');
    await mkdir(other);
    const { code, stdout } = await startNode([post], {
      VSTS_TASKVARIABLE_FOLDERSTOREMOVE: JSON.stringify([left, other]),
      COMMAND_CORRELATION_ID: 'b8f5',
    });
    expect(code).toBe(0);
    expect(await isThere(left)).toBe(false);
    expect(await isThere(other)).toBe(true);
    expect(stdout).toEqual([
      expect.stringMatching(
        /^##vso\[task\.issue type=warning;source=CustomerScript;correlationId=b8f5;\]The private folder .*not-%AZP25ours could not be removed/,
      ),
    ]);
  });
});

describe('a bundle on a Node.js that is too old', () => {
  const entries = [
    'cli/index.cjs',
    'action/index.cjs',
    'action/sign.cjs',
    'action/keys.cjs',
    'action/post.cjs',
    'task/AcrContentTrustV1/index.js',
    'task/AcrContentTrustV1/post.js',
  ];
  const said = 'acr-content-trust needs Node.js 20.19 or newer, this is ';

  it.each(entries.flatMap((file) => ['18.20.8', '20.18.3', '6.17.1'].map((old) => [file, old])))(
    '%s on %s says so as its host shows errors, and fails',
    async (file, old) => {
      const preload = path.join(folder, `node-${old}.cjs`);
      await writeFile(
        preload,
        `Object.defineProperty(process.versions, 'node', { value: '${old}' });\n`,
      );
      const args = ['--require', preload, path.join(dist, file)];
      const { code, stdout, stderr } = await startNode(args, {});
      expect(code).not.toBe(0);
      if (file.startsWith('cli')) {
        expect(stderr[0]).toBe(`error: ${said}${old}.`);
        expect(stdout).toEqual([]);
        return;
      }
      expect(stderr).toEqual([]);
      if (file.startsWith('action')) {
        expect(stdout).toEqual([
          `::error title=Content trust::${said}${old}.%0AUpdate the runner.`,
        ]);
      } else {
        expect(stdout[0]).toMatch(/^##vso\[task\.issue type=error;/);
        expect(stdout[1]).toContain(`##vso[task.complete result=Failed;]${said}${old}.`);
      }
    },
  );

  it('is told so by a file that such a Node.js can read', async () => {
    for (const file of entries) {
      const text = (await readFile(path.join(dist, file), 'utf8')).replace(/^#!.*/, '');
      // esbuild refuses what this old syntax has no words for.
      await expect(transform(text, { target: 'es5' }), file).resolves.toBeDefined();
      expect(text).not.toMatch(/=>|`|\?\?|\?\./);
    }
  });
});

describe('a bundle that cannot be loaded', () => {
  it.each(['{nope', '[null]', '5'])(
    'fails the task, in one sentence, where the agent states variables as %s',
    async (variables) => {
      const file = path.join(dist, 'task/AcrContentTrustV1/index.js');
      const env = { AGENT_TEMPDIRECTORY: folder, VSTS_PUBLIC_VARIABLES: variables };
      const { code, stdout, stderr } = await startNode([file], env);
      expect(code).toBe(1);
      expect(stderr).toEqual([]);
      expect(stdout.filter((line) => line.includes('result=Failed'))).toEqual([
        expect.stringMatching(
          /^##vso\[task\.complete result=Failed;\]acr-content-trust could not start: /,
        ),
      ]);
      expect(stdout.join('\n')).not.toMatch(/\bat .*\.js:\d+/);
    },
  );

  it('fails the command line, though not for its version', async () => {
    const alone = path.join(folder, 'alone');
    await mkdir(alone);
    const file = path.join(alone, 'index.cjs');
    await copyFile(path.join(dist, 'cli/index.cjs'), file);
    const { code, stderr } = await startNode([file, 'verify'], {});
    expect(code).toBe(1);
    expect(stderr[0]).toMatch(/^error: acr-content-trust could not start: Cannot find module/);
    expect((await startNode([file, '--version'], {})).stdout).toEqual([version]);
  });
});

describe.skipIf(process.platform === 'win32')('a command line in a folder that is gone', () => {
  it('says so', async () => {
    const script = 'mkdir -p "$1" && cd "$1" && rmdir "$1" && exec "$2" "$3" verify --images a:1';
    const args = ['-c', script, 'sh', path.join(folder, 'gone'), process.execPath];
    const child = spawn('sh', [...args, path.join(dist, 'cli/index.cjs')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (data: Buffer) => (told += data.toString()));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(told).toMatch(/^error INPUT_INVALID: The folder that this was started in is gone\n/);
  });
});

describe('a shipped bundle that fails while nobody reads its output', () => {
  // Every line is masked, and each mask is a line of the output: more than a pipe holds.
  const secret = Array.from({ length: 3_000 }, (_, line) => `secret line ${line}`).join('\n');
  const runs = {
    'the task': {
      file: 'task/AcrContentTrustV1/index.js',
      env: { INPUT_COMMAND: 'deploy', INPUT_CLIENTSECRET: secret },
      tells: /##vso\[task\.complete result=Failed;\]INPUT_INVALID/,
    },
    'the action': {
      file: 'action/index.cjs',
      env: { INPUT_COMMAND: 'deploy', 'INPUT_CLIENT-SECRET': secret },
      tells: /^::error title=Content trust%3A INPUT_INVALID/m,
    },
  };

  it.concurrent.each(Object.entries(runs))(
    '%s tells it, and does not end with 0',
    async (_, run) => {
      const child = spawn(process.execPath, [path.join(dist, run.file)], {
        env: { PATH: process.env.PATH ?? '', AGENT_TEMPDIRECTORY: folder, ...run.env },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const closed = once(child, 'close');
      await once(child.stdout, 'readable');
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      expect(child.exitCode).toBeNull();
      let text = '';
      child.stdout.on('data', (data: Buffer) => (text += data.toString()));
      expect(await closed).toEqual([2, null]);
      expect(text).toMatch(run.tells);
    },
  );
});

describe('the packed extension', () => {
  let task = '';
  let agent: Record<string, string> = {};

  beforeAll(async () => {
    const vsix = await packExtension(path.join(folder, 'out'));
    const unpacked = path.join(folder, 'unpacked');
    await promisify(execFile)('unzip', ['-q', vsix, '-d', unpacked]);
    task = path.join(unpacked, 'AcrContentTrust/AcrContentTrustV1');
    agent = { AGENT_TEMPDIRECTORY: folder, AGENT_VERSION: '4.261.0' };
  });

  it('holds a task whose files are those its manifest names', async () => {
    const manifest = JSON.parse(await readFile(path.join(task, 'task.json'), 'utf8')) as {
      readonly execution: Record<string, { readonly target: string }>;
      readonly postjobexecution: Record<string, { readonly target: string }>;
    };
    const handlers = [manifest.execution, manifest.postjobexecution];
    for (const { target } of handlers.flatMap((handler) => Object.values(handler))) {
      expect(await isThere(path.join(task, target))).toBe(true);
    }
    expect(await isThere(path.join(task, 'icon.png'))).toBe(true);
  });

  it('fails with one result for a bad input', async () => {
    const env = { ...agent, INPUT_COMMAND: 'deploy' };
    const { stdout } = await startNode([path.join(task, 'index.js')], env);
    expect(stdout.filter((line) => line.startsWith('##vso[task.complete'))).toEqual([
      expect.stringMatching(
        /^##vso\[task\.complete result=Failed;\]INPUT_INVALID: Input "command" is "deploy", and there is no such command\.%0AUse one of: buildAndPush, build, push, sign, /,
      ),
    ]);
    expect(stdout.filter((line) => line.startsWith('##vso[task.issue'))).toHaveLength(1);
  });

  it('removes after the job what the task noted', async () => {
    const left = await leftBehind();
    const env = { ...agent, VSTS_TASKVARIABLE_FOLDERSTOREMOVE: JSON.stringify([left]) };
    const { code } = await startNode([path.join(task, 'post.js')], env);
    expect(code).toBe(0);
    expect(await isThere(left)).toBe(false);
  });
});
