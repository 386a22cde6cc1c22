/** How the command line prints: plain text, phases as titles, colours for people only. */
import type { Printer } from '../log.js';

/** Where texts go. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

interface PrinterOptions {
  /** For what the run does. */
  readonly out: Terminal;
  /** For warnings and debugging. */
  readonly err: Terminal;
  readonly debug: boolean;
  /** The NO_COLOR variable (https://no-color.org): set and not empty, it forbids colours. */
  readonly noColor: string | undefined;
}

/** Gives the printer. */
export function createPrinter({ out, err, debug, noColor }: PrinterOptions): Printer {
  let indent = '';
  // A title waits for the first line or warning below it: a group with nothing in it is not printed.
  let title: string | undefined;
  const write = (to: Terminal, text: string): void => {
    if (title !== undefined) {
      out.write(`${paint(out, 1, title)}\n`);
      title = undefined;
      indent = '  ';
    }
    for (const line of text.split('\n')) to.write(`${line === '' ? '' : indent + line}\n`);
  };
  const paint = (to: Terminal, code: number, text: string): string =>
    to.isTTY && !noColor ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    open: (text) => {
      title = text;
    },
    close: () => {
      title = undefined;
      indent = '';
    },
    line: (text) => {
      write(out, text);
    },
    warning: (text) => {
      write(err, `${paint(err, 33, 'warning:')} ${text}`);
    },
    ...(debug && {
      debug: (text) => {
        write(err, paint(err, 2, `debug: ${text}`));
      },
    }),
  };
}
