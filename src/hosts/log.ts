/** The Log and Secrets ports of every host: what differs is only how a harmless text is printed. */
import { limits } from '../limits.js';
import type { Log, Secrets } from '../ports.js';
import type { SecretMasker } from './secret-masker.js';
import { sanitizeLines, sanitizeText } from './sanitize-output.js';

/** How a host prints; all it is given has been made safe. */
export interface Printer {
  /** Opens a group, under a title of one line. */
  open(title: string): void;
  close(): void;
  line(text: string): void;
  /** A warning; may have several lines. */
  warning(text: string): void;
  /** For debugging only; may have several lines. Absent where nobody reads it. */
  readonly debug?: ((text: string) => void) | undefined;
}

/** Gives the {@link Log} port. */
export function createLog(printer: Printer, masker: SecretMasker): Log {
  let warned = 0;
  const safe = (text: string) => sanitizeLines(text, masker).join('\n');
  return {
    async group(title, body) {
      printer.open(sanitizeText(title, masker));
      try {
        return await body();
      } finally {
        printer.close();
      }
    },
    info(text) {
      for (const line of sanitizeLines(text, masker)) printer.line(line);
    },
    warn(text) {
      warned += 1;
      if (warned <= limits.warningsShown) printer.warning(safe(text));
      if (warned === limits.warningsShown)
        printer.warning('There may be more warnings; see the trust report.');
    },
    debug(text) {
      printer.debug?.(safe(text));
    },
  };
}

/** Gives the {@link Secrets} port; `register` tells the host one form, which never has two lines. */
export function createSecrets(masker: SecretMasker, register: (form: string) => void): Secrets {
  return {
    mask(value) {
      for (const form of masker.add(value)) register(form);
    },
  };
}
