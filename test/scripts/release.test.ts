/** What a release publishes: packed twice, installed into an empty folder, listed in full. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notesOf, releasesOf } from '../../scripts/changelog.js';
import { root } from '../../scripts/generate.js';
import { packAll } from '../../scripts/package.js';
import { licenceFiles, shippedPackages } from '../../scripts/packages/sbom.js';
import { version } from '../../src/version.js';
import { codeBlocksOf, readPage } from '../docs/pages.js';
import { installPackage, type Installed } from '../installed.js';

interface Manifest {
  readonly [key: string]: unknown;
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
}

let folder = '';
const at = (...names: readonly string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'release-'));
  await packAll(at('one'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function sums(of: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(of)).sort();
  const hashes = names.map(async (name) => {
    const hash = createHash('sha256').update(await readFile(path.join(of, name)));
    return [name, hash.digest('hex')];
  });
  return Object.fromEntries(await Promise.all(hashes)) as Record<string, string>;
}

describe('what a release publishes', () => {
  it('is the same bytes each time', async () => {
    const first = await sums(at('one'));
    expect(Object.keys(first)).toEqual([
      'SHA256SUMS',
      `acr-content-trust-${version}.tgz`,
      `acr-content-trust-${version}.vsix`,
      'acr-content-trust.cdx.json',
    ]);
    await packAll(at('two'));
    expect(await sums(at('two'))).toEqual(first);
  });

  it('comes with its checksums', async () => {
    const expected = Object.entries(await sums(at('one'))).filter(
      ([name]) => name !== 'SHA256SUMS',
    );
    const lines = (await readFile(at('one/SHA256SUMS'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => line.split('  ').reverse()).sort()).toEqual(expected);
  });
});

describe('the package for npm', () => {
  let empty: Installed;
  let installed = '';

  beforeAll(async () => {
    empty = await installPackage(at('one', `acr-content-trust-${version}.tgz`));
    installed = path.join(empty.folder, 'node_modules/acr-content-trust');
  });

  afterAll(() => empty.remove());

  it('is installed into an empty folder without the network, alone', async () => {
    const names = await readdir(path.join(empty.folder, 'node_modules'));
    expect(names.filter((name) => !name.startsWith('.'))).toEqual(['acr-content-trust']);
  });

  it.each([
    ['--version', `${version}\n`],
    ['--help', expect.stringContaining('build-and-push')],
  ])('is run by npx with %s', async (option, printed) => {
    const args = ['--offline', '--no', 'acr-content-trust', '--', option];
    const { stdout } = await promisify(execFile)('npx', args, { cwd: empty.folder });
    expect(stdout).toEqual(printed);
  });

  it('can be published with provenance, and says where it comes from', async () => {
    const text = await readFile(path.join(installed, 'package.json'), 'utf8');
    const manifest = JSON.parse(text) as Manifest;
    const home = 'https://github.com/acr-content-trust/acr-content-trust';
    expect(manifest).toMatchObject({
      publishConfig: { access: 'public', provenance: true },
      repository: { type: 'git', url: `git+${home}.git` },
      homepage: `${home}#readme`,
      bugs: { url: `${home}/issues` },
      keywords: expect.arrayContaining(['docker-content-trust']) as unknown,
    });
    for (const key of ['private', 'dependencies', 'devDependencies', 'scripts']) {
      expect(manifest).not.toHaveProperty(key);
    }
  });

  it('holds the bundles, the pages and the licences, and nothing else', async () => {
    expect((await readdir(installed)).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'package.json',
    ]);
    expect(await readdir(path.join(installed, 'dist'))).toEqual(['cli']);
    expect(await readdir(path.join(installed, 'dist/cli'))).toContain('licenses.txt');
  });
});

describe('the page on installing', () => {
  /** The lines of the shell block that has `text` in it. */
  const linesWith = (text: string): string => {
    const blocks = codeBlocksOf('docs/install.md').filter((block) => block.text.includes(text));
    expect(blocks).toHaveLength(1);
    return (blocks[0]?.text ?? '').replaceAll('1.0.0', version);
  };
  beforeAll(() => cp(at('one'), at('page'), { recursive: true }));

  const run = async (script: string) => {
    const options = { cwd: at('page'), env: { ...process.env, npm_config_audit: 'false' } };
    return (await promisify(execFile)('sh', ['-euc', script], options)).stdout;
  };

  it('names the files as they are made', async () => {
    const page = readPage('docs/install.md').replaceAll('1.0.0', version);
    for (const name of Object.keys(await sums(at('one')))) expect(page).toContain(`\`${name}\``);
  });

  it('checks a release and installs it without the network, with npm and without', async () => {
    expect(await run(linesWith('sha256sum --check'))).toContain(`.tgz: OK\n`);
    expect(await run(linesWith('sha256sum --check'))).toMatch(new RegExp(`\n${version}\n$`));
    expect(await run(linesWith('node package/dist'))).toBe(`${version}\n`);
  });

  it('finds the task in the extension', async () => {
    await run(linesWith('unzip'));
    const folder = / --task-path (\S+)/.exec(linesWith('tasks upload'))?.[1] ?? 'no path';
    const task = JSON.parse(await readFile(at('page', folder, 'task.json'), 'utf8')) as Manifest;
    expect(readPage('docs/install.md')).toContain(`--task-id ${String(task.id)}`);
  });

  it.each(['extension install', 'build tasks upload'])(
    'asks tfx %s for what it knows',
    async (name) => {
      const lines = readPage('docs/install.md').split('\n');
      const [line = ''] = lines.filter((text) => text.startsWith(`npx tfx-cli ${name} `));
      const tfx = path.join(root, 'node_modules/.bin/tfx');
      const { stdout } = await promisify(execFile)(tfx, [
        ...name.split(' '),
        '--help',
        '--no-color',
      ]);
      const options = line.match(/ --[a-z-]+/g) ?? [];
      expect(options.length).toBeGreaterThan(2);
      for (const option of options) expect(stdout).toContain(option);
    },
  );
});

describe('the bill of materials', () => {
  it('lists the packages in the bundles, with version, licence and hash, and no others', async () => {
    const bom = JSON.parse(await readFile(at('one/acr-content-trust.cdx.json'), 'utf8')) as {
      readonly bomFormat: string;
      readonly serialNumber: string;
      readonly metadata: { readonly component: { readonly name: string; readonly purl: string } };
      readonly components: readonly {
        readonly name: string;
        readonly version: string;
        readonly licenses?: readonly unknown[];
        readonly hashes?: readonly unknown[];
      }[];
      readonly dependencies: readonly { readonly ref: string; readonly dependsOn: string[] }[];
    };
    expect(bom.bomFormat).toBe('CycloneDX');
    expect(bom.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(bom.metadata.component).toMatchObject({
      name: 'acr-content-trust',
      purl: `pkg:npm/acr-content-trust@${version}`,
    });
    const listed = bom.components.map((one) => `${one.name} ${one.version}`);
    expect(listed.sort()).toEqual([...(await shippedPackages())].sort());
    for (const one of bom.components) {
      expect(one, one.name).toMatchObject({ licenses: [{}], hashes: [{ alg: 'SHA-512' }] });
    }
    const refs = new Set(bom.dependencies.map(({ ref }) => ref));
    expect(refs.size).toBe(listed.length + 1);
    for (const { dependsOn } of bom.dependencies) {
      for (const ref of dependsOn) expect(refs).toContain(ref);
    }
  });
});

describe('the licences in the bundles', () => {
  it.each(licenceFiles)('%s has the text of each, and all allow to be passed on', async (file) => {
    const text = await readFile(path.join(root, 'dist', file), 'utf8');
    const packages = text.split(`\n${'-'.repeat(80)}\n\n`);
    expect(packages.length).toBeGreaterThan(10);
    for (const one of packages) {
      const [title = '', ...lines] = one.split('\n');
      expect(title).toMatch(/^\S+ \d\S* \((?:0BSD|Apache-2\.0|BSD-[23]-Clause|ISC|MIT)\)$/);
      expect(lines.join('\n').length, title).toBeGreaterThan(400);
    }
  });
});

describe('the notes of a release', () => {
  const changelog = '# Changelog\n\n## Unreleased\n\n## 1.1.0\n\n- New.\n\n## 1.0.0\n\nFirst.\n';

  it('are what the changelog says of its version', () => {
    expect(notesOf('v1.1.0', '1.1.0', changelog)).toBe('- New.');
    expect(releasesOf(changelog)).toEqual([
      { version: '1.1.0', notes: '- New.' },
      { version: '1.0.0', notes: 'First.' },
    ]);
  });

  it.each([
    ['the tag names another version', 'v1.0.0', '1.1.0', changelog],
    ['the changelog begins with another', 'v1.2.0', '1.2.0', changelog],
    ['the changelog says nothing of it', 'v1.1.0', '1.1.0', changelog.replace('- New.', '')],
    [
      'something is not said to be released yet',
      'v1.1.0',
      '1.1.0',
      changelog.replace('Unreleased\n', 'Unreleased\n\n- Newer.\n'),
    ],
  ])('are refused where %s', (_, tag, current, text) => {
    expect(() => notesOf(tag, current, text)).toThrow();
  });
});
