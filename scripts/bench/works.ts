/**
 * What is measured: rows of one kind of work, each done by several programs in turn. A program begins
 * each time as on an agent that has never run.
 */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeCertificate, pem } from '../../test/azure-emulation/crypto/certificate.js';
import { prepareNotaryProject } from '../../test/e2e/notary-project/certificates.js';
import { programOf, type ProductOptions } from '../../test/e2e/product.js';
import { credentialsOf } from '../../test/e2e/scenario.js';
import { buildGoProgram } from '../../test/judges/go-program.js';
import { uniqueName } from '../../test/stack/index.js';
import type { Invocation } from './measure.js';
import type { Network } from './network.js';
import { docker, type World } from './world.js';

/** Makes ready what one run works on, and says what to run: programs at once, one or many. */
export type Prepare = () => Promise<readonly Invocation[]>;

/** One line of a table. */
export interface Row {
  readonly name: string;
  readonly network: Network;
  /** Takes so long that few runs have to do. */
  readonly isLong?: boolean;
  readonly programs: ReadonlyMap<string, Prepare>;
}

/** One table. */
export interface Work {
  readonly name: string;
  readonly title: string;
  /** The program that the others are compared with. */
  readonly reference: string;
  rows(world: World, options: WorkOptions): Promise<readonly Row[]>;
}

/** How much of the work is done. */
export interface WorkOptions {
  readonly delays: readonly number[];
  readonly networks: readonly Omit<Network, 'delayMs'>[];
  /** Only rows of this size, where rows have one: a try. */
  readonly mostTags: number;
  /** Only the usual delay where others say little more, and few runs of what takes long. */
  readonly isQuick: boolean;
}

const usual = { delay: 'per request', delayMs: 40, proxy: true } as const;
const none = { delay: 'per request', delayMs: 0, proxy: true } as const;

/** Our own programs, by where the key is. */
const ours = { vault: 'acr-content-trust, vault', file: 'acr-content-trust, file' } as const;

export const works: readonly Work[] = [
  {
    name: 'sign',
    title: 'One tag is signed',
    reference: 'docker trust sign',
    rows: async (world, { delays, networks, isQuick }) => {
      const all = networks.flatMap((network) =>
        (network.delay === 'per request' ? delays : usualOf(delays, isQuick))
          // Without a delay both kinds of it are the same.
          .filter((delayMs) => delayMs > 0 || network.delay === 'per request')
          .map((delayMs) => ({ ...network, delayMs })),
      );
      const programs = await signers(world, 10, 1);
      const repository = await world.repository(10);
      programs.set('docker push, with trust', async () => {
        const tag = await world.newTagInEngine(repository);
        return [await dockerCommand(world, ['push', world.ref(repository, tag)], true)];
      });
      programs.set('docker push, without', async () => {
        const tag = await world.newTagInEngine(repository);
        return [await dockerCommand(world, ['push', world.ref(repository, tag)])];
      });
      return rowsOf(all, programs);
    },
  },
  {
    name: 'tags',
    title: 'Many tags are signed',
    reference: 'docker trust sign',
    rows: (world, { mostTags }) =>
      inTurn([1, 10, 100, 1000], mostTags, async (count) => ({
        name: count === 1 ? '1 tag' : `${count} tags`,
        network: usual,
        isLong: count > 10,
        programs: await signers(world, 10, count),
      })),
  },
  {
    name: 'repositories',
    title: 'One tag is signed, in repositories of any size',
    reference: 'docker trust sign',
    rows: (world, { mostTags }) =>
      inTurn([10, 1000, 10_000], mostTags, async (size) => ({
        name: `${size} signed tags`,
        network: usual,
        isLong: size > 1000,
        programs: await signers(world, size, 1),
      })),
  },
  {
    name: 'verify',
    title: 'Signed images are verified',
    reference: 'docker trust inspect',
    rows: async (world, { mostTags }) => {
      const repository = await world.repository(0);
      const rows = await inTurn([1, 10, 100], mostTags, async (count) => {
        const tags = await world.newTags(repository, count);
        await signAll(world, repository, tags);
        const images = tags.map((tag) => world.ref(repository, tag));
        const inputs = { command: 'verify', images: images.join() };
        const programs = new Map<string, Prepare>([
          ['acr-content-trust', () => product(world, inputs)],
          ['acr-content-trust, login of Docker', () => withDockerLogin(world, inputs)],
          [
            'docker trust inspect',
            async () => [await dockerCommand(world, ['trust', 'inspect', ...images])],
          ],
        ]);
        const [tag = '', ...others] = tags;
        if (others.length === 0) {
          const ref = world.ref(repository, tag);
          programs.set('docker pull, with trust', async () => [
            await dockerCommand(world, ['pull', ref], true),
          ]);
          programs.set('notary lookup', async () => [
            await notaryCommand(world, ['lookup', gunOf(world, repository), tag]),
          ]);
        }
        const name = count === 1 ? '1 image' : `${count} images`;
        return { name, network: usual, isLong: count > 1, programs };
      });
      if (mostTags < 200) return rows;
      const tags = await world.newTags(repository, 200);
      await signAll(world, repository, tags);
      const file = path.join(world.stack.info.folder, 'images.yml');
      const lines = tags.map(
        (tag) => `      - { name: ${tag}, image: ${world.ref(repository, tag)} }`,
      );
      const pod = ['apiVersion: v1', 'kind: Pod', 'metadata: { name: bench }', 'spec:'];
      await writeFile(file, [...pod, '  containers:', ...lines, ''].join('\n'));
      const programs = new Map<string, Prepare>([
        ['acr-content-trust', () => product(world, { command: 'verify', files: file })],
      ]);
      const name = 'a file of 200 images';
      return [...rows, { name, network: usual, isLong: true, programs }];
    },
  },
  {
    name: 'agents',
    title: 'Agents sign a tag each of one repository, all at once',
    reference: ours.vault,
    rows: (world, { mostTags }) =>
      inTurn([1, 8, 32], mostTags, async (count) => {
        const repository = await world.repository(10);
        const programs = new Map<string, Prepare>([
          [
            ours.vault,
            async () => {
              const tags = await world.newTags(repository, count);
              const runs = tags.map((tag) => signWith(world, world.keyUrl, repository, [tag]));
              return (await Promise.all(runs)).flat();
            },
          ],
        ]);
        const name = count === 1 ? '1 agent' : `${count} agents`;
        return { name, network: usual, isLong: count > 1, programs };
      }),
  },
  {
    name: 'job',
    title: 'An image is built, pushed and signed',
    reference: 'docker build and push, without',
    rows: async (world, { delays, isQuick }) => {
      const repository = await world.repository(10);
      const context = await world.stack.makeImageContext(repository);
      const build = (isTrusted: boolean) => async (): Promise<readonly Invocation[]> => {
        const ref = world.ref(repository, uniqueName('v'));
        const command = await dockerCommand(world, [], isTrusted);
        const script = '"$0" build -t "$1" "$2" && "$0" push "$1"';
        const args = ['-c', script, command.file, ref, context];
        return [{ ...command, file: '/bin/sh', args }];
      };
      const inputs = { command: 'buildAndPush', repository, context };
      const named = (key: string) => ({ ...inputs, 'signing-key': key, tags: uniqueName('v') });
      const programs = new Map<string, Prepare>([
        [ours.vault, () => product(world, named(world.keyUrl))],
        [ours.file, () => withDockerLogin(world, named(world.keyFile))],
        ['docker build and push, with trust', build(true)],
        ['docker build and push, without', build(false)],
      ]);
      return rowsOf(
        usualOf(delays, isQuick).map((delayMs) => ({ ...usual, delayMs })),
        programs,
      );
    },
  },
  {
    name: 'notary-project',
    title: 'One image is signed for Notary Project',
    reference: "notation's library, file",
    rows: async (world, { delays, isQuick }) => {
      const { makeCertificate: inVault } = await prepareNotaryProject(world.scenario);
      const { url } = await inVault();
      const programs = new Map<string, Prepare>([
        [
          ours.vault,
          async () => {
            // One of its own: who signs an image anew first reads the signatures that it has.
            const repository = await world.repository(0);
            const images = world.ref(repository, (await world.newTags(repository, 1))[0] ?? '');
            const signing = { 'signing-key': url, signatures: 'notary-project' };
            return product(world, { command: 'sign', images, ...signing });
          },
        ],
      ]);
      const judge = await buildGoProgram(path.join(root, 'test/judges/notation'));
      if (judge.kind === 'built') {
        programs.set("notation's library, file", () => notationCommand(world, judge.path));
      }
      return rowsOf(
        usualOf(delays, isQuick).map((delayMs) => ({ ...usual, delayMs })),
        programs,
      );
    },
  },
  {
    name: 'start',
    title: 'A start',
    reference: 'Node.js 20 alone',
    rows: async (world) => {
      const { stack } = world;
      const bare = path.join(stack.info.folder, 'empty.cjs');
      await writeFile(bare, '');
      const cli = path.join(root, 'dist/cli/index.cjs');
      const node = ([major, file]: ['20' | '24', string], args: readonly string[]) => ({
        file: stack.info.tools.node[major],
        args: [file, ...args],
        env: {},
      });
      const rejected = { command: 'sign', registry: 'contoso.example.com', repository: 'app' };
      const programs = new Map<string, Prepare>();
      for (const major of ['20', '24'] as const) {
        programs.set(`Node.js ${major} alone`, () => Promise.resolve([node([major, bare], [])]));
        for (const option of ['--version', '--help']) {
          programs.set(`${option}, Node.js ${major}`, () =>
            Promise.resolve([node([major, cli], [option])]),
          );
        }
        for (const host of ['cli', 'action', 'task'] as const) {
          programs.set(`a rejected input of the ${host}, Node.js ${major}`, async () => {
            const programs = await product(world, rejected, { host, node: major }, /INPUT_/);
            return programs.map(withoutAuthorities);
          });
        }
      }
      return [{ name: 'a start', network: none, programs }];
    },
  },
];

const root = path.resolve(import.meta.dirname, '../..');

/** Node.js reads further authorities before all else, also when it runs nothing; here nobody is asked. */
function withoutAuthorities(program: Invocation): Invocation {
  const env = Object.entries(program.env).filter(([name]) => name !== 'NODE_EXTRA_CA_CERTS');
  return { ...program, env: Object.fromEntries(env) };
}

/** The programs that sign `count` new tags in repositories of `size` signed ones, each in its own. */
async function signers(world: World, size: number, count: number): Promise<Map<string, Prepare>> {
  const programs = new Map<string, Prepare>();
  for (const [name, key] of [
    [ours.vault, world.keyUrl],
    [ours.file, world.keyFile],
  ] as const) {
    const repository = await world.repository(size);
    programs.set(name, async () =>
      signWith(world, key, repository, await world.newTags(repository, count)),
    );
  }
  // They sign one tag after another, in a publish of its own each.
  if (count > 1) return programs;
  const [forDocker, forNotary] = [await world.repository(size), await world.repository(size)];
  programs.set('docker trust sign', async () => {
    const tag = await world.newTagInEngine(forDocker);
    return [await dockerCommand(world, ['trust', 'sign', world.ref(forDocker, tag)])];
  });
  programs.set('notary addhash', async () => {
    const hash = 'ab'.repeat(32);
    const target = [gunOf(world, forNotary), uniqueName('v'), '1000', '--sha256', hash];
    return [await notaryCommand(world, ['addhash', ...target, '--publish'])];
  });
  return programs;
}

/** The product signs such tags with a key, whose place says who it is. */
export async function signWith(
  world: World,
  key: string,
  repository: string,
  tags: readonly string[],
): Promise<readonly Invocation[]> {
  const inputs = { command: 'sign', repository, tags: tags.join(), 'signing-key': key };
  return key === world.keyUrl ? product(world, inputs) : withDockerLogin(world, inputs);
}

/** The product without Azure: it uses the login that Docker has. */
async function withDockerLogin(
  world: World,
  inputs: Readonly<Record<string, string>>,
): Promise<readonly Invocation[]> {
  const login = { 'client-id': '', 'tenant-id': '', 'client-secret': '' };
  const dockerConfig = await world.dockerConfig();
  return product(world, { ...inputs, ...login, 'registry-login': 'existing' }, { dockerConfig });
}

/** Signs what is to be verified; not measured. */
async function signAll(world: World, repository: string, tags: readonly string[]): Promise<void> {
  const inputs = { command: 'sign', repository, tags: tags.join(), 'signing-key': world.keyUrl };
  const { exitCode, output } = await world.scenario.run({ host: 'cli', inputs });
  if (exitCode !== 0) throw new Error(output);
}

/** The product as it ships; inputs that are empty take away what the scenario would give. */
async function product(
  { stack, scenario: { registry, signer } }: World,
  inputs: Readonly<Record<string, string>>,
  options: Partial<ProductOptions> = {},
  shows?: RegExp,
): Promise<readonly Invocation[]> {
  const isNamed = inputs.images !== undefined || inputs.files !== undefined;
  const all: Readonly<Record<string, string>> = {
    ...(!isNamed && { registry: registry.loginServer }),
    ...credentialsOf(signer),
    ...inputs,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  const isBuild = inputs.command === 'buildAndPush';
  const program = await programOf(stack.info, {
    host: 'cli',
    ...(isBuild && { docker: docker.engine }),
    ...options,
    inputs: given,
  });
  return [{ ...program, ...(shows && { shows }) }];
}

async function dockerCommand(
  world: World,
  args: readonly string[],
  isTrusted = false,
): Promise<Invocation> {
  const { info, dockerEnv } = world.stack;
  const env = {
    ...dockerEnv({ ...docker, config: await world.dockerConfig() }),
    DOCKER_BUILDKIT: '0',
    DOCKER_CONTENT_TRUST: isTrusted ? '1' : '0',
  };
  return { file: path.join(info.tools.dockerPath[docker.cli], 'docker'), args, env };
}

async function notaryCommand(world: World, args: readonly string[]): Promise<Invocation> {
  const { stack, scenario } = world;
  const trustDir = await world.trustDir();
  const { registry, signer } = scenario;
  const { username, password } = signer.login;
  const server = `https://${registry.loginServer}`;
  return {
    file: stack.info.tools.programs.notary,
    args: ['-s', server, '-d', trustDir, '--tlscacert', stack.info.caFile, ...args],
    env: {
      ...stack.info.env,
      HTTPS_PROXY: stack.info.notaryProxy,
      LD_LIBRARY_PATH: stack.info.tools.libraries,
      HOME: trustDir,
      NOTARY_AUTH: Buffer.from(`${username}:${password}`).toString('base64'),
    },
  };
}

async function notationCommand(world: World, program: string): Promise<readonly Invocation[]> {
  const { stack, scenario } = world;
  const repository = await world.repository(0);
  const [tag = ''] = await world.newTags(repository, 1);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const hourMs = 3_600_000;
  const der = makeCertificate(privateKey, {
    subject: 'C=US,ST=WA,O=Contoso,CN=bench',
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + hourMs),
  });
  const question = {
    kind: 'sign',
    reference: world.ref(repository, tag),
    ...scenario.signer.login,
    mediaType: 'application/jose+json',
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    chain: pem('CERTIFICATE', der),
  };
  const file = path.join(stack.info.folder, uniqueName('question'));
  await writeFile(file, JSON.stringify([question]), { mode: 0o600 });
  const args = ['-c', 'exec "$0" < "$1"', program, file];
  const env = { ...stack.info.env, HOME: stack.info.folder, PATH: '/usr/bin:/bin' };
  return [{ file: '/bin/sh', args, env, shows: /"accepted":true/ }];
}

/** A row for each size, as far as there may be so many tags. */
async function inTurn(
  sizes: readonly number[],
  most: number,
  rowOf: (size: number) => Promise<Row>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const size of sizes.filter((one) => one <= Math.max(most, sizes[0] ?? 0))) {
    rows.push(await rowOf(size));
  }
  return rows;
}

/** The same programs over each network. */
function rowsOf(networks: readonly Network[], programs: Row['programs']): readonly Row[] {
  return networks.map((network) => ({
    name: nameOf(network),
    network,
    isLong: network.delay === 'per round trip',
    programs,
  }));
}

function usualOf(delays: readonly number[], isQuick: boolean): readonly number[] {
  return isQuick ? delays.filter((delayMs) => delayMs === usual.delayMs) : delays;
}

/** How a network reads in a table. */
function nameOf({ delay, delayMs, proxy }: Network): string {
  if (delay === 'per request') return `${delayMs} ms a request`;
  return `${delayMs} ms a round trip, ${proxy ? 'behind a proxy' : 'no proxy'}`;
}

function gunOf({ scenario }: World, repository: string): string {
  return `${scenario.registry.loginServer}/${repository}`;
}
