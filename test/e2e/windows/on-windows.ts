/**
 * Runs the product with Node for Windows under Wine, as `runProduct` runs it on Linux. There
 * `process.platform` is win32 and paths are of Windows; of modes, junctions and Ctrl+C it tells nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { StackInfo } from '../../stack/index.js';
import type { Wine } from '../../stack/tools/wine.js';
import { collect, programOf, type ProductOptions, type ProductResult } from '../product.js';

/** How a program on Windows names a file of Linux. */
export function onDriveZ(file: string): string {
  return `Z:${file.replaceAll('/', '\\')}`;
}

const translated = (text: string): string => (text.startsWith('/') ? onDriveZ(text) : text);

/** Runs one program of Node.js; `env` and `args` have the paths of Linux. */
export async function runNode(
  wine: Wine,
  args: readonly string[],
  options: {
    readonly folder: string;
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
  },
) {
  const files = ['stdout', 'stderr'].map((name) => path.join(options.folder, `windows-${name}`));
  const [stdout, stderr] = await Promise.all(files.map((file) => open(file, 'w')));
  const entries = Object.entries(options.env).map(([name, value]) => [name, translated(value)]);
  try {
    const child = spawn(wine.loader, [wine.node, ...args.map(translated)], {
      cwd: options.cwd,
      env: { ...(Object.fromEntries(entries) as Record<string, string>), ...wine.env },
      // Node for Windows cannot use the pipes of Linux.
      stdio: ['ignore', stdout?.fd, stderr?.fd],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    const [out = '', err = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    // As the hosts read them, line by line.
    const [told, logged] = [out, err].map((text) => text.replaceAll('\r\n', '\n'));
    return {
      exitCode: code ?? -1,
      signal: null,
      stdout: told ?? '',
      stderr: logged ?? '',
      output: `${told}${logged}`,
    };
  } finally {
    await Promise.all([stdout?.close(), stderr?.close()]);
  }
}

/** Runs the product once. */
export async function runOnWindows(
  stack: StackInfo,
  wine: Wine,
  options: ProductOptions,
): Promise<ProductResult> {
  const { folder, args, cwd, env } = await programOf(stack, options);
  const entries = Object.entries(env)
    // Wine itself, a program of Linux, would take it for a folder of its own.
    .filter(([name]) => name !== 'TMPDIR');
  const result = await runNode(wine, args, { folder, cwd, env: Object.fromEntries(entries) });
  return {
    ...result,
    ...(await collect(options.host, folder, result)),
    host: options.host,
    folder,
  };
}
