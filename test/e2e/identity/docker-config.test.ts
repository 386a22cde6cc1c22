/**
 * The user's own Docker configuration: everything in it stays in force during a run, but for the
 * login of our registry, and nothing of it is changed.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, type EngineName } from '../../stack/index.js';
import { filesOf, pushPlain } from '../base-images/bases.js';
import { createScenario, type Scenario } from '../scenario.js';
import { setUp } from '../set-up.js';
import { expectSigns } from './signs.js';

const { stack, scenario } = await setUp();
let other: Scenario;
let base: string;

beforeAll(async () => {
  other = await createScenario(stack);
  const repository = other.repository();
  await pushPlain(other, repository, 'of another registry');
  base = `${other.registry.loginServer}/${repository}:1.0`;
});

/** A way to an engine that notes what is sent to it. */
async function openRelay(engine: EngineName) {
  const target = stack.info.dockerHost[engine].replace('unix://', '');
  const socket = path.join(stack.info.folder, `${uniqueName('relay')}.sock`);
  const chunks: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = connect(target);
    client
      .on('data', (chunk) => chunks.push(chunk))
      .pipe(upstream)
      .pipe(client);
    for (const [one, another] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => another.destroy());
    }
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    url: `unix://${socket}`,
    sent: () => Buffer.concat(chunks).toString('latin1'),
    close: () => server.close(),
  };
}

/** A configuration as a user of years has it. */
async function usersConfig(engineUrl: string): Promise<string> {
  const { loginServer } = scenario.registry;
  const folder = await stack.makeDockerConfig();
  const { username, password } = other.reader.login;
  const config = {
    auths: {
      [other.registry.loginServer]: {
        auth: Buffer.from(`${username}:${password}`).toString('base64'),
      },
      // A login of our own registry that is no longer good.
      [loginServer]: { auth: Buffer.from('someone:outdated').toString('base64') },
    },
    HttpHeaders: { 'X-Team': 'shop' },
    currentContext: 'agent',
    proxies: { default: { httpProxy: 'http://proxy.contoso.example:3128' } },
  };
  await writeFile(path.join(folder, 'config.json'), `${JSON.stringify(config)}\n\n`);
  const id = createHash('sha256').update('agent').digest('hex');
  const files = {
    [`contexts/meta/${id}/meta.json`]: JSON.stringify({
      Name: 'agent',
      Metadata: {},
      Endpoints: { docker: { Host: engineUrl, SkipTLSVerify: false } },
    }),
    [`tls/${loginServer}/ca.crt`]: await readFile(stack.info.caFile, 'utf8'),
    'trust/private/of-the-user.key': 'not for us',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  await symlink(stack.info.tools.cliPlugins, path.join(folder, 'cli-plugins'));
  return folder;
}

/** Names, modes, times and content of everything in a folder, but below `skipped`. */
async function snapshot(folder: string, skipped = ''): Promise<Record<string, unknown>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const facts = entries.map(async (entry): Promise<[string, unknown]> => {
    const file = path.join(entry.parentPath, entry.name);
    const { mode, mtimeMs } = await lstat(file);
    const content = entry.isFile()
      ? await readFile(file, 'latin1')
      : entry.isSymbolicLink()
        ? await readlink(file)
        : '';
    // The time of a folder tells of files that came and went; the skipped one lies in the first.
    return [path.relative(folder, file), { mode, mtimeMs, content }];
  });
  const all = await Promise.all(facts);
  return Object.fromEntries(
    all.filter(([name]) => skipped === '' || (name !== skipped && !name.startsWith(`${skipped}/`))),
  );
}

interface Case {
  readonly docker: EngineName;
  readonly engine: 'native' | 'docker';
  readonly builder: 'classic' | 'buildx';
}

describe("the user's Docker configuration", () => {
  it.each<Case>([
    { docker: 'docker20', engine: 'docker', builder: 'classic' },
    { docker: 'docker26', engine: 'native', builder: 'buildx' },
  ])('is in force and unchanged ($engine engine, $builder)', async ({ docker, ...inputs }) => {
    const relay = await openRelay(docker);
    const config = await usersConfig(relay.url);
    // buildx keeps its own state in the folder of the builders, which stays the user's.
    const skipped = inputs.builder === 'buildx' ? 'buildx' : '';
    const before = await snapshot(config, skipped);
    const { vault } = scenario;
    const newKey = () => (inputs.engine === 'docker' ? vault.secretKey() : vault.key());
    const result = await expectSigns(scenario, {
      host: 'cli',
      docker: 'own',
      dockerConfig: config,
      env: {
        PATH: [stack.info.tools.dockerPath[docker], '/usr/bin', '/bin'].join(':'),
        // The engine is the context's, and content trust is ours to switch.
        DOCKER_CONTENT_TRUST: '1',
      },
      inputs: {
        ...inputs,
        context: await stack.makeImageContext('own', {
          dockerfile: `FROM ${base}\nCOPY marker /own`,
        }),
        'signing-key': await newKey(),
        'root-key': await newKey(),
      },
    });
    relay.close();
    expect(await snapshot(config, skipped)).toEqual(before);
    const sent = relay.sent();
    expect(sent).toMatch(/^X-Team: shop\r$/m);
    if (inputs.builder === 'classic') {
      expect(sent).toContain(
        encodeURIComponent('"HTTP_PROXY":"http://proxy.contoso.example:3128"'),
      );
    }
    expect(await filesOf(scenario, result.outputs.image ?? '', ['/marker', '/own'])).toEqual([
      'of another registry',
      'own',
    ]);
  });
});
