/** Many agents that start at the same moment: their tags, their runs, and what each of them took. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { uniqueName, type FrontRequest } from '../../stack/index.js';
import { runProduct, type ProductResult } from '../product.js';
import { credentialsOf, type Scenario } from '../scenario.js';

/** One run of one agent. */
export interface AgentRun extends ProductResult {
  readonly tag: string;
  /** From its start to its end. */
  readonly elapsedMs: number;
  /** The most memory its process held. */
  readonly peakBytes: number;
}

/** Says at its end how much memory its process held. Loaded by Node itself, beside the product. */
const probe = `process.on('exit', () => require('node:fs').writeFileSync(
  process.env.MEMORY_FILE, String(process.resourceUsage().maxRSS)));\n`;

/** Starts `sign` of the command line once for each tag, all at the same moment. */
export async function signAtOnce(
  { stack, registry, signer }: Scenario,
  tags: readonly string[],
  inputs: Readonly<Record<string, string>>,
): Promise<readonly AgentRun[]> {
  const { folder } = stack.info;
  const probeFile = path.join(folder, `${uniqueName('probe')}.cjs`);
  await writeFile(probeFile, probe);
  return Promise.all(
    tags.map(async (tag): Promise<AgentRun> => {
      const memoryFile = path.join(folder, uniqueName('memory'));
      const started = performance.now();
      const result = await runProduct(stack.info, {
        host: 'cli',
        env: { NODE_OPTIONS: `--require ${probeFile}`, MEMORY_FILE: memoryFile },
        inputs: {
          command: 'sign',
          registry: registry.loginServer,
          ...credentialsOf(signer),
          ...inputs,
          tags: tag,
        },
      });
      const elapsedMs = performance.now() - started;
      const peakBytes = Number(await readFile(memoryFile, 'utf8')) * 1024;
      return { ...result, tag, elapsedMs, peakBytes };
    }),
  );
}

/** What the servers were asked since `mark`: how many publishes, and how many met a conflict. */
export async function publishesSince(
  { stack, registry }: Scenario,
  repository: string,
  mark: number,
): Promise<{ readonly sent: number; readonly refused: number }> {
  const target = `POST ${registry.loginServer}/v2/${registry.loginServer}/${repository}/_trust/tuf/$`;
  const posts: readonly FrontRequest[] = await stack.requests({ since: mark, matching: target });
  return { sent: posts.length, refused: posts.filter(({ status }) => status !== 200).length };
}
