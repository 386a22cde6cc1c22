/**
 * The secrets of a run in every form they may be printed in. Hosts mask too, but only what they
 * were told and only in their own log; the command line has no one else. Never prints anything.
 */

/**
 * Shorter values are not masked: they protect nothing, and blotting out every "1" or "ab" of a log
 * would make it unreadable and give the value away at once.
 */
export const shortestMask = 4;

/** A piece of base64 must be this long before it is taken for a trace of the secret. */
const shortestTrace = 8;

/** Remembers secrets and blots them out of texts. */
export class Masks {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  /** Adds `value` and gives the single-line forms that were not known before. */
  add(value: string): readonly string[] {
    const fresh = formsOf(value).filter((form) => !this.#forms.has(form));
    for (const form of fresh) this.#forms.add(form);
    if (fresh.length > 0) this.#pattern = patternOf(this.#forms);
    return fresh;
  }

  /** `text` with every known form replaced by three asterisks. */
  redact(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, '***') : text;
  }
}

/** The forms of a secret that may stand in one line of a log, the value itself first. */
export function formsOf(value: string): readonly string[] {
  const whole = value.trim();
  if (whole.length < shortestMask) return [];
  const lines = whole.split(/\r\n|\r|\n/).map((line) => line.trim());
  const derived = [
    // Through bytes and back, as encodeURIComponent throws at half a surrogate pair.
    encodeURIComponent(Buffer.from(whole, 'utf8').toString('utf8')),
    new URLSearchParams([['', whole]]).toString().slice(1),
    JSON.stringify(whole).slice(1, -1),
    ...base64Traces(value),
    ...base64Traces(whole),
  ];
  // The frame and the headers of a PEM are public, and headers such as "role: targets" are words
  // that the log needs; only the lines of its body are secret.
  const isPem = whole.includes('-----BEGIN ');
  const secretLines = isPem ? lines.filter((line) => /^[A-Za-z0-9+/=]+$/.test(line)) : lines;
  return [...new Set([...secretLines, ...derived])].filter(
    (form) => form.length >= shortestMask && !/[\r\n]/.test(form),
  );
}

/**
 * What of `value` shows in a base64 text, wherever in its three-byte rhythm the value begins: so
 * base64("user:" + value) is recognised as well. Both alphabets.
 */
function base64Traces(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // Characters made of the value's bits alone; those shared with a neighbour may differ.
    const first = Math.ceil((shift * 8) / 6);
    const end = Math.floor(((shift + bytes.length) * 8) / 6);
    const trace = encoded.slice(first, end);
    if (trace.length < shortestTrace) return [];
    return [trace, trace.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Longest first: a secret that contains another is replaced as a whole. */
function patternOf(forms: ReadonlySet<string>): RegExp {
  const alternatives = [...forms]
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  return new RegExp(alternatives.join('|'), 'g');
}
