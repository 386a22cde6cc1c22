/** Builds through the product, looked at afterwards by inspecting and running what was pushed. */
import { expect } from 'vitest';
import type { EngineName } from '../../stack/index.js';
import { filesOf } from '../base-images/bases.js';
import { expectSuccess } from '../expectations.js';
import type { ProductResult } from '../product.js';
import type { Scenario, ScenarioRun } from '../scenario.js';

export type Builder = 'classic' | 'buildx';

/** The Docker that has the builder at its best. */
export const dockerOf: Readonly<Record<Builder, EngineName>> = {
  classic: 'docker20',
  buildx: 'docker26',
};

/** A Dockerfile of an image that can run commands while it is built. */
export function runnable(...instructions: readonly string[]): string {
  return [
    'FROM scratch AS base',
    'COPY busybox /bin/busybox',
    'SHELL ["/bin/busybox", "sh", "-c"]',
    ...instructions,
  ].join('\n');
}

export interface BuildRun extends Omit<ScenarioRun, 'host' | 'docker'> {
  readonly builder: Builder;
  readonly host?: ScenarioRun['host'];
}

/** Builds, pushes and signs in a new repository unless `inputs` name another. */
export async function build(
  scenario: Scenario,
  { builder, inputs, ...options }: BuildRun,
): Promise<ProductResult> {
  const { stack, vault } = scenario;
  const result = await scenario.run({
    host: 'cli',
    docker: dockerOf[builder],
    dockerConfig: await stack.makeDockerConfig({ buildx: builder === 'buildx' }),
    ...options,
    inputs: {
      repository: scenario.repository(),
      tags: '1.0',
      builder,
      'signing-key': await vault.key(),
      'root-key': await vault.key(),
      ...inputs,
    },
  });
  expectSuccess(result);
  return result;
}

/** What `docker image inspect` says of the labels of a pushed image. */
export async function labelsOf(
  { stack, registry, signer }: Scenario,
  { outputs }: ProductResult,
): Promise<Record<string, string>> {
  const image = outputs.image ?? '';
  const login = { server: registry.loginServer, ...signer.login };
  const engine = 'docker20';
  const pulled = await stack.docker({ engine, login, args: ['pull', '--quiet', image] });
  expect(pulled.exitCode, pulled.output).toBe(0);
  const format = ['--format', '{{json .Config.Labels}}'];
  const inspected = await stack.docker({ engine, args: ['image', 'inspect', ...format, image] });
  return JSON.parse(inspected.stdout) as Record<string, string>;
}

/** The lines of files in a pushed image. */
export function contentOf(
  scenario: Scenario,
  { outputs }: ProductResult,
  ...files: readonly string[]
): Promise<string[]> {
  return filesOf(scenario, outputs.image ?? '', files);
}
