/**
 * Picks the lines of a program's output that tell a person what went wrong. For messages only:
 * nothing here decides what was built, pushed or signed.
 */

// eslint-disable-next-line no-control-regex -- ESC is what starts a terminal sequence (ECMA-48).
const terminalSequence = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** Progress of a transfer: many lines, none of which explains a failure. */
const progress =
  /^(?:[0-9a-f]{12}: (?:Preparing|Waiting|Pushing|Pulling|Pushed|Layer already|Mounted|Downloading|Extracting|Verifying|Download complete|Pull complete|Already exists|Retrying)|-{3,}$|={3,}$|#\d+ (?!.*ERROR))/;

/** First lines of what CLI and engine also print when nothing is wrong: notices, advice, hints. */
const notice =
  /^(?:DEPRECATED:|\[?warning\]?[: ]|\d+ warnings? found|Emulate Docker CLI using podman|What's next:|View build details:|Learn more at |Try Docker Debug |Use 'docker scan' )/i;

/**
 * The last `count` lines that explain a failure: neither empty, nor transfer progress, nor a notice
 * with its indented continuation. Where there is nothing else, the notices themselves.
 */
function lastLines(text: string, count: number): string[] {
  const lines = telling(text);
  const withoutNotices = dropNotices(lines);
  return (withoutNotices.length > 0 ? withoutNotices : lines).slice(-count);
}

function dropNotices(lines: readonly string[]): string[] {
  let isInNotice = false;
  return lines.filter((line) => {
    isInNotice = notice.test(line) || (isInNotice && /^\s/.test(line));
    return !isInNotice;
  });
}

function telling(text: string): string[] {
  return (
    text
      .replace(terminalSequence, '')
      // The classic builder's address holds every build argument, values included.
      .replace(/(\/build)\?[^"\s]*/g, '$1')
      .split(/[\r\n]+/)
      .map((line) => line.trimEnd())
      .filter((line) => line.trim() !== '' && !progress.test(line))
  );
}

/**
 * What a failed child said, for an error message: its standard error, or its standard output where
 * it wrote nothing else.
 */
export function failureWords(result: { stdout: string; stderr: string }, count = 8): string {
  const lines = lastLines(result.stderr, count);
  const words = lines.length > 0 ? lines : lastLines(result.stdout, count);
  return words.length > 0 ? words.join('\n') : '(no output)';
}

/** Both streams, for looking up known texts. */
export function allOutput(result: { stdout: string; stderr: string }): string {
  return `${result.stdout}\n${result.stderr}`.replace(terminalSequence, '');
}
