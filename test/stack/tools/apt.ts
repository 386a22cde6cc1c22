/**
 * Fetches Debian packages through a private apt: its own sources, lists, caches and keyring, all in
 * one folder. Never reads or changes what the system has installed or configured (its download
 * proxy settings excepted, which are taken over), and needs no root.
 */
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Suite } from './packages.js';
import { output } from './run.js';

const MIRROR = 'http://deb.debian.org/debian';
const KEYRING = 'usr/share/keyrings/debian-archive-keyring.gpg';

/** Downloads `packages` of one suite and unpacks them into `target`; `work` holds apt's state. */
export async function unpackPackages(
  suite: Suite,
  packages: readonly string[],
  target: string,
  work: string,
): Promise<void> {
  const downloads = join(work, 'downloads');
  await Promise.all(
    ['lists/partial', 'archives/partial', 'downloads'].map((folder) =>
      mkdir(join(work, folder), { recursive: true }),
    ),
  );
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: await writeConfiguration(suite, work) };
  await output('apt-get', ['update', '-qq'], { env });
  await output('apt-get', ['download', '-qq', ...packages], { env, cwd: downloads });
  await mkdir(target, { recursive: true });
  for (const file of (await readdir(downloads)).filter((name) => name.endsWith('.deb'))) {
    await output('dpkg-deb', ['-x', join(downloads, file), target]);
  }
}

async function writeConfiguration(suite: Suite, work: string): Promise<string> {
  const sources = join(work, 'sources.list');
  const keyring = await debianKeyring(work);
  await writeFile(sources, `deb [signed-by=${keyring}] ${MIRROR} ${suite} main\n`);
  await writeFile(join(work, 'status'), '');
  const file = join(work, 'apt.conf');
  const nothing = '/dev/null';
  const settings: Record<string, string> = {
    'Dir::Etc::main': nothing,
    'Dir::Etc::parts': nothing,
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': nothing,
    'Dir::Etc::preferences': nothing,
    'Dir::Etc::preferencesparts': nothing,
    'Dir::Etc::trusted': nothing,
    'Dir::Etc::trustedparts': nothing,
    'Dir::State': work,
    'Dir::State::status': join(work, 'status'),
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': work,
    'Dir::Cache::archives': join(work, 'archives'),
    'Dir::Log': work,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  await writeFile(file, [...(await proxySettings()), ...lines, ''].join('\n'));
  return file;
}

/** The system's own way to the outside, where it has one: apt proxies of http and https. */
async function proxySettings(): Promise<string[]> {
  const dump = await output('apt-config', ['dump', 'Acquire']);
  return dump.split('\n').filter((line) => /^Acquire::https?::[^ ]* ".+";$/i.test(line));
}

/** Debian's archive keys: the system's, or (Ubuntu) unpacked from the package of that name. */
async function debianKeyring(work: string): Promise<string> {
  const installed = join('/', KEYRING);
  if (await exists(installed)) return installed;
  const folder = join(work, 'keyring');
  await mkdir(folder, { recursive: true });
  await output('apt-get', ['download', '-qq', 'debian-archive-keyring'], { cwd: folder });
  const [file] = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('no package debian-archive-keyring was downloaded');
  await output('dpkg-deb', ['-x', join(folder, file), folder]);
  return join(folder, KEYRING);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
