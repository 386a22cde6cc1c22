/**
 * `npx tsx test/stack/cli.ts`: runs a stack until Ctrl-C and prints how to reach it. For trying
 * things by hand; tests use the shared stack of the test run.
 */
import { startStack } from './owner.js';

const stack = await startStack({
  log: (line) => {
    console.error(line);
  },
});
console.log(JSON.stringify(stack.info, null, 2));
console.error('The stack is running; Ctrl-C stops it.');
await new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      resolve();
    });
  }
});
await stack.stop();
