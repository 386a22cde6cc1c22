/**
 * Starts one stack for all end-to-end test files of a run and tells the workers about it. A test
 * file gets it with `connectStack(inject('stack'))`, and keeps to registries and repositories of
 * its own: the real registry behind all login servers is one.
 */
import type { TestProject } from 'vitest/node';

import { startStack, type StackInfo } from './index.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stack that all end-to-end tests share. */
    stack: StackInfo;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack();
  project.provide('stack', stack.info);
  return async () => {
    const failures = await stack.failures();
    if (failures.length > 0) console.log('\nThe servers of the test stack failed by themselves:');
    for (const line of failures) console.log(`- ${line}`);
    await stack.stop();
  };
}
