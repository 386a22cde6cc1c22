/** Keeps the warnings of a run for its report. */
import type { Log } from '../../ports.js';

/** A log that says each warning once, and what it has warned of. */
export function collectWarnings(log: Log): { readonly log: Log; readonly warnings: string[] } {
  const warnings: string[] = [];
  return {
    warnings,
    log: {
      ...log,
      group: (title, body) => log.group(title, body),
      warn: (line) => {
        if (warnings.includes(line)) return;
        warnings.push(line);
        log.warn(line);
      },
    },
  };
}
