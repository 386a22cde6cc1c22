/** A process that signs on demand, seen from the test; see signer.ts. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { StackInfo } from '../../stack/index.js';
import type { SignOutcome } from './signer.js';

/** Signs as often as asked, in one process. */
export interface SigningProcess {
  sign(inputs: Readonly<Record<string, string>>): Promise<SignOutcome>;
  end(): void;
}

/** Starts a signing process. */
export function startSigning({ env, folder }: StackInfo): SigningProcess {
  const script = path.join(import.meta.dirname, 'signer.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    env: { ...env, PATH: '/usr/bin:/bin', HOME: folder, TMPDIR: folder },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (outcome: SignOutcome | Error) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const outcome = JSON.parse(line) as SignOutcome;
    waiting.get(outcome.id)?.(outcome);
    waiting.delete(outcome.id);
  });
  child.once('close', () => {
    for (const settle of waiting.values()) settle(new Error('the signing process ended'));
  });
  let asked = 0;
  return {
    sign: (inputs) =>
      new Promise((resolve, reject) => {
        const id = (asked += 1);
        waiting.set(id, (outcome) => {
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        });
        child.stdin.write(`${JSON.stringify({ id, inputs })}\n`);
      }),
    end: () => child.stdin.end(),
  };
}
