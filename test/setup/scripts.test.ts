/**
 * The scripts of `setup`: real bash runs them, what they give to az is judged by the commands of the real
 * az, and what they write by the table of inputs. Scripts for PowerShell say the same words.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fromZero, planSetup, type Seen } from '../../src/setup/index.js';
import { builtInRoles } from '../azure-emulation/roles/definitions.js';
import { azProblemsOf } from '../docs/azure-cli.js';
import { exampleOf, expectUnderstood, type Step } from '../docs/steps.js';
import { configurationOf, variants, type Given } from './requests.js';
import { readPowerShell, runBash, type Argv, type ScriptRun, type World } from './run-script.js';

let runs: ScriptRun[] = [];

afterEach(() => {
  for (const run of runs) run.remove();
  runs = [];
});

async function run(given: Given, world: World = 'nothing', seen: Seen = fromZero) {
  const { request } = await configurationOf(given);
  const plan = planSetup(request, seen, 'bash');
  const ran = runBash(plan.script, world, request.cloud);
  runs.push(ran);
  return { ...ran, plan, request };
}

const isChange = ([, ...words]: Argv): boolean =>
  words.some((word) => ['create', 'update', 'post'].includes(word));

const all = Object.entries(variants).map(([name, given]) => ({ name, given }));

describe('a vault that is called like a thing of the script', () => {
  it('is not taken for it', async () => {
    const { commands } = await run(variants['vaults and keys with names of other things'] ?? {});
    const valuesOf = (flag: string, ...words: Argv) =>
      commands
        .filter((argv) => words.every((word) => argv.includes(word)))
        .map((argv) => argv[argv.indexOf(flag) + 1]);
    expect(valuesOf('--id', 'federated-credential', 'create')).toEqual(['app-create']);
    expect(valuesOf('--scope', 'AcrPush', 'ServicePrincipal')).toEqual(['/registries/contoso']);
  });
});

describe.each(all)('the script for $name', ({ given }) => {
  it('is what bash and az accept', async () => {
    const { commands } = await run(given);
    const ofAz = commands.filter(([program]) => program === 'az');
    expect(ofAz.length).toBeGreaterThan(5);
    expect(ofAz.flatMap(azProblemsOf)).toEqual([]);
    const names = new Set([
      ...builtInRoles.map(({ name }) => name),
      'Managed HSM Crypto User',
      'Managed HSM Crypto Officer',
    ]);
    for (const words of ofAz) {
      const at = words.indexOf('--role');
      if (at >= 0) expect(names).toContain(words[at + 1]);
    }
  });

  it('makes nothing a second time but roles, which stay as they are', async () => {
    const { commands } = await run(given, 'everything');
    const changes = commands.filter(isChange).map((words) => words.slice(1, 4).join(' '));
    const harmless = [
      'role assignment create',
      'keyvault role assignment',
      'keyvault update --name',
    ];
    expect(changes.filter((change) => !harmless.includes(change))).toEqual([]);
  });

  it('says the same in PowerShell', async () => {
    const { commands, contents, request, file } = await run(given);
    const { script } = planSetup(request, fromZero, 'powershell');
    const read = readPowerShell(script, request.cloud);
    const plain = (words: Argv): Argv => words.map((word) => word.replace(/^@\/.*\//, '@/folder/'));
    expect(read.commands.map(plain)).toEqual(commands.map(plain));
    expect(read.files.map((text) => `${text}\n`)).toEqual([
      ...contents,
      file(request.pipelineFile),
    ]);
    // az on Windows is a batch file, which reads these itself.
    for (const word of read.commands.flat()) expect(word).not.toMatch(/["%^&|<>]/);
  });

  it('writes a pipeline whose inputs exist, with the pin of keys init', async () => {
    const { file, request, plan } = await run(given);
    const text = file(request.pipelineFile);
    const document = parse(text, { strict: true, uniqueKeys: true }) as {
      readonly steps?: readonly Step[];
      readonly jobs?: { readonly image: { readonly steps: readonly Step[] } };
    };
    const steps = document.steps ?? document.jobs?.image.steps ?? [];
    const examples = steps.flatMap((step) => exampleOf(step, request.pipelineFile) ?? []);
    expect(examples).toHaveLength(request.repositories.length);
    examples.forEach(expectUnderstood);
    expect(text.match(/trust-?pin: '00112233'/gi)?.length ?? 0).toBe(
      request.rootKey ? request.repositories.length : 0,
    );
    const known = plan.pipeline.text.replaceAll(/\$\{(?:root_key_id|client_id|tenant_id)\}/g, '');
    expect(known).not.toMatch(/\$\{\w/);
  });
});
