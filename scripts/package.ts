/** Builds the bundles and packs the Azure DevOps extension (.vsix) into out/, without the network. */
import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.js';
import { packageVersion, root } from './generate.js';

/** Packs what is in dist/ and gives the path of the package. */
export async function packExtension(outFolder: string): Promise<string> {
  const file = path.join(outFolder, `acr-content-trust-${await packageVersion()}.vsix`);
  await mkdir(outFolder, { recursive: true });
  await rm(file, { force: true });
  const tfx = createRequire(import.meta.url).resolve('tfx-cli/_build/tfx-cli.js');
  await run(process.execPath, [
    tfx,
    'extension',
    'create',
    ...['--root', root],
    ...['--manifests', 'vss-extension.json'],
    ...['--output-path', file],
    '--no-prompt',
    '--no-color',
  ]);
  return file;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => output.push(data));
  child.stderr.on('data', (data: Buffer) => output.push(data));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`tfx ended with ${String(code)}:\n${Buffer.concat(output).toString()}`);
}

async function main(): Promise<void> {
  await buildAll(path.join(root, 'dist'));
  console.log(await packExtension(path.join(root, 'out')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
