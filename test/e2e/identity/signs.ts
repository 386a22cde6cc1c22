/** One run of the main job as any principal, and the verdict of stock clients on what it left. */
import { expectSigned, expectSuccess } from '../expectations.js';
import type { Scenario } from '../scenario.js';
import { removeRun, type ProductOptions, type ProductResult } from '../product.js';

/** How the run signs in: inputs in place of the scenario's own, and what its host offers. */
export interface SignIn extends Pick<ProductOptions, 'host' | 'env' | 'dockerConfig' | 'node'> {
  readonly inputs: Readonly<Record<string, string | undefined>>;
  /** Default: docker20. With `own` the environment says where Docker is. */
  readonly docker?: 'docker20' | 'own';
}

/** What takes the scenario's own service principal out of the inputs. */
export const nobody = {
  'client-id': undefined,
  'tenant-id': undefined,
  'client-secret': undefined,
} as const;

/** Runs the main job in a new repository. */
export async function runAs(
  scenario: Scenario,
  repository: string,
  { inputs, docker = 'docker20', ...options }: SignIn,
): Promise<ProductResult> {
  return scenario.run({
    ...(docker !== 'own' && { docker }),
    ...options,
    inputs: {
      repository,
      tags: '1.0',
      context: await scenario.stack.makeImageContext(repository),
      'signing-key': await scenario.vault.key(),
      'root-key': await scenario.vault.key(),
      ...inputs,
    },
  });
}

/** Runs the main job and has a stock client accept its tag; the run, its folder removed. */
export async function expectSigns(scenario: Scenario, signIn: SignIn): Promise<ProductResult> {
  const repository = scenario.repository();
  const result = await runAs(scenario, repository, signIn);
  expectSuccess(result);
  await expectSigned(scenario, repository, {
    tags: ['1.0'],
    digest: result.outputs.digest ?? 'no digest',
  });
  await removeRun(result);
  return result;
}
