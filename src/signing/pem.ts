/**
 * PEM text, RFC 7468 with the headers of RFC 1421 that Docker, notary and old OpenSSL files carry.
 * Reading is tolerant of what people really have (CRLF, text around, line breaks lost in a portal's
 * single-line field); writing gives exactly what Go's encoding/pem prints, because Notary
 * recomputes key IDs from re-encoded certificates.
 */

export interface PemBlock {
  /** What stands after BEGIN, such as `EC PRIVATE KEY`. */
  readonly label: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly der: Buffer;
}

// No label contains five hyphens, and the body of a block none at all outside its headers.
const block = /-----[ \t]*BEGIN ([A-Z0-9 ]+?)[ \t]*-----([\s\S]*?)-----[ \t]*END \1[ \t]*-----/g;
/** A header on a line of its own, as Go reads it: anything before the first colon is its name. */
const headerLine = /^\s*([^:\r\n]+):[ \t]*([^\r\n]*?)[ \t]*(?:\r?\n|\r)/;
/** A header where line ends were lost, and only blanks tell where it ends. */
const lostHeader = /^\s*([A-Za-z][\w-]*):[ \t]*(\S*)(?=\s)/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Every block of a text, in order; a block whose body is not base64 is left out. */
export function parsePem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  for (const [, label = '', content = ''] of text.matchAll(block)) {
    const found = bodyAfter(headerLine, content) ?? bodyAfter(lostHeader, content);
    if (found) blocks.push({ label, ...found });
  }
  return blocks;
}

/** The labels of all blocks that a text begins, whole or not. */
export function beginLabels(text: string): readonly string[] {
  return [...text.matchAll(/-----[ \t]*BEGIN ([A-Z0-9 ]+?)[ \t]*-----/g)].map(
    ([, label = '']) => label,
  );
}

function bodyAfter(header: RegExp, content: string): Omit<PemBlock, 'label'> | undefined {
  const headers: Record<string, string> = {};
  let rest = content;
  for (let match = header.exec(rest); match !== null; match = header.exec(rest)) {
    headers[(match[1] ?? '').trim().toLowerCase()] = match[2] ?? '';
    rest = rest.slice(match[0].length);
  }
  const body = rest.replace(/\s+/g, '');
  return body === '' || !base64.test(body)
    ? undefined
    : { headers, der: Buffer.from(body, 'base64') };
}

/**
 * One block as Go's encoding/pem prints it: sorted headers and a blank line if there are any, 64
 * columns, `\n`, final newline. Header values must be one line.
 */
export function formatPem(
  label: string,
  der: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): string {
  const head = Object.entries(headers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const body = lines.map((line) => `${line}\n`).join('');
  return `-----BEGIN ${label}-----\n${head}${head === '' ? '' : '\n'}${body}-----END ${label}-----\n`;
}
