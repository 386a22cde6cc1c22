/**
 * A run that is held up while it signs, and another run that moves and signs the same tag meanwhile:
 * what is newer must not be signed over.
 */
import { describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectSuccess } from '../expectations.js';
import { pushByDocker } from '../main-job/unsigned-tag.js';
import type { ProductResult } from '../product.js';
import { setUp } from '../set-up.js';
import { toldMoved, whereIs } from '../tags-last/pushing.js';

const { stack, scenario } = await setUp();

interface Stale {
  readonly repository: string;
  readonly key: string;
  /** Of the image that the held run is to sign. */
  readonly older: string;
}

/** A signed repository, and an unsigned tag in it. */
async function prepare(): Promise<Stale> {
  const repository = scenario.repository();
  const key = await scenario.vault.key();
  await pushByDocker(scenario, repository, 'first');
  const inputs = { command: 'sign', repository, tags: 'first', 'signing-key': key };
  const root = await scenario.vault.key();
  expectSuccess(await scenario.run({ host: 'cli', inputs: { ...inputs, 'root-key': root } }));
  const older = await pushByDocker(scenario, repository, 'prod', `${repository} older`);
  return { repository, key, older };
}

/**
 * Starts `run`, holds the request of it that matches, has another run push and sign the tag, and lets
 * the request go on.
 */
async function overtake(
  { repository, key }: Stale,
  held: { readonly target: string },
  run: () => Promise<ProductResult>,
): Promise<{ readonly result: ProductResult; readonly newer: string }> {
  const name = uniqueName('hold');
  await stack.failNext({ method: 'POST', ...held, failure: { kind: 'hold', name } });
  const running = run();
  try {
    await expect.poll(() => stack.held(name), { timeout: 120_000 }).toBe(1);
    const newer = await pushByDocker(scenario, repository, 'prod', `${repository} newer`);
    const inputs = { command: 'sign', repository, tags: 'prod', 'signing-key': key };
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
    return { result: (await Promise.all([running, stack.release(name)]))[0], newer };
  } finally {
    await stack.release(name);
  }
}

/** The vault's answer to the signature. */
const signature = (key: string) => ({ target: `${new URL(key).pathname}/sign` });

async function expectNewerSigned(repository: string, newer: string): Promise<void> {
  expect(await whereIs(scenario, repository, 'prod')).toEqual({ signed: newer, standing: newer });
}

describe('a run that is held up while another run moves and signs the tag', () => {
  it('publishes nothing: sign', async () => {
    const stale = await prepare();
    const { repository, key, older } = stale;
    const inputs = { command: 'sign', repository, tags: 'prod', 'signing-key': key };
    const { result, newer } = await overtake(stale, signature(key), () =>
      scenario.run({ host: 'task', inputs }),
    );
    expect(toldMoved(result), result.output).toBe(true);
    expect(result.output).toContain(`points to ${newer} now, not to ${older}`);
    expect(result.outputs.image).toBeUndefined();
    await expectNewerSigned(repository, newer);
  });

  it('publishes nothing of the moved tag, and all else: sign with many images', async () => {
    const stale = await prepare();
    const { repository, key } = stale;
    const fine = await pushByDocker(scenario, repository, 'fine');
    const gun = `${scenario.registry.loginServer}/${repository}`;
    const inputs = {
      command: 'sign',
      registry: undefined,
      images: `${gun}:prod,${gun}:fine`,
      'signing-key': key,
    };
    const { result, newer } = await overtake(stale, signature(key), () =>
      scenario.run({ host: 'action', inputs }),
    );
    expect(toldMoved(result), result.output).toBe(true);
    expect(result.outputs['signed-tags']).toBe(`${gun}:fine`);
    await expectNewerSigned(repository, newer);
    expect(await whereIs(scenario, repository, 'fine')).toEqual({ signed: fine, standing: fine });
  });

  it('publishes nothing: push', async () => {
    const stale = await prepare();
    const { repository, key, older } = stale;
    const inputs = { command: 'push', repository, tags: 'prod', 'signing-key': key };
    const publish = { target: `/${repository}/_trust/tuf/$` };
    const { result, newer } = await overtake(stale, publish, () =>
      scenario.run({ host: 'cli', docker: 'docker20', inputs }),
    );
    expect(result.output).toContain(`points to ${newer} now, not to ${older}`);
    expect(toldMoved(result), result.output).toBe(true);
    expect(result.output).toContain(`The registry holds`);
    await expectNewerSigned(repository, newer);
  });

  it('publishes nothing when its publish itself was held up', async () => {
    const stale = await prepare();
    const { repository, key } = stale;
    const inputs = { command: 'sign', repository, tags: 'prod', 'signing-key': key };
    const { result, newer } = await overtake(stale, { target: `/${repository}/_trust/tuf/$` }, () =>
      scenario.run({ host: 'cli', inputs }),
    );
    expect(toldMoved(result), result.output).toBe(true);
    await expectNewerSigned(repository, newer);
  });
});
