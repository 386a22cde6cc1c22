/** Images for a consumer to verify, and runs as that consumer: it may pull and nothing else. */
import { expect } from 'vitest';
import { type ExpectedFailure, expectFailure, expectSuccess } from '../expectations.js';
import { removeRun, type ProductResult } from '../product.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { credentialsOf, type Scenario, type ScenarioRun } from '../scenario.js';
import type { Keys } from '../set-up.js';

/** A tag and what was pushed as it. */
export interface PushedImage {
  /** With the registry, without a tag. */
  readonly gun: string;
  readonly repository: string;
  readonly ref: string;
  readonly digest: string;
}

/** Pushes `tag` of a new repository (or the given one) without signing it. */
export async function pushImage(
  scenario: Scenario,
  tag = '1.0',
  repository = scenario.repository(),
): Promise<PushedImage> {
  const digest = await pushUnsigned(scenario, repository, tag);
  const gun = `${scenario.registry.loginServer}/${repository}`;
  return { gun, repository, ref: `${gun}:${tag}`, digest };
}

/** Signs tags that are in the registry, by the product. */
export async function signTags(
  scenario: Scenario,
  repository: string,
  tags: string,
  keys: Keys,
): Promise<void> {
  const inputs = { ...keys, command: 'sign', repository, tags };
  const result = await scenario.run({ host: 'cli', inputs });
  expectSuccess(result);
  await removeRun(result);
}

/** Pushes an image and signs it. */
export async function signedImage(scenario: Scenario, keys: Keys): Promise<PushedImage> {
  const image = await pushImage(scenario);
  await signTags(scenario, image.repository, '1.0', keys);
  return image;
}

/** Runs `verify` as the reader, without any Docker unless the options have one. */
export async function verify(
  scenario: Scenario,
  { inputs, ...options }: ScenarioRun,
): Promise<ProductResult> {
  return scenario.run({
    ...options,
    inputs: {
      command: 'verify',
      registry: undefined,
      ...credentialsOf(scenario.reader),
      ...inputs,
    },
  });
}

/** Says that the run failed as expected, and verified these images and no others. */
export function expectNotVerified(
  result: ProductResult,
  failure: Omit<ExpectedFailure, 'outputs'>,
  verified: readonly PushedImage[] = [],
): void {
  const images = verified.map(({ gun, digest }) => `${gun}@${digest}`).join('\n');
  expectFailure(result, { ...failure, outputs: { images, verified: String(verified.length) } });
}

/** Says that the run verified these images, in this order. */
export function expectVerified(result: ProductResult, images: readonly PushedImage[]): void {
  expectSuccess(result);
  expect(result.outputs.images).toBe(
    images.map(({ gun, digest }) => `${gun}@${digest}`).join('\n'),
  );
  expect(result.outputs.verified).toBe(String(images.length));
  for (const { digest } of images) expect(result.summary).toContain(digest);
}
