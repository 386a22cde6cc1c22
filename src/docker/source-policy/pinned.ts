/**
 * Lets the builder itself hold a build to its verified images: a source policy that denies every
 * image but these, whatever our reading of the Dockerfile overlooked. A user's own policy stays
 * valid beside it.
 */
import { TrustError } from '../../errors.js';
import { gunOf } from '../../registry/index.js';
import { parseReference } from '../dockerfile/reference.js';
import { type PolicyRule, policyVariable } from './rules.js';

/** The policy file's text. @param images references with a digest; these and no others may be used */
export function policyFor(images: readonly string[], own: readonly PolicyRule[] = []): string {
  // The last rule that fits decides. So our rules come last and only deny: what the user's own
  // rules deny stays denied, and what they turn into another image is looked at again.
  const rules: readonly PolicyRule[] = [
    ...own,
    deny('^(?:oci-layout|oci-layout\\+blob|docker-image\\+blob)://'),
    ...denyAllBut(images.flatMap(spellings)),
  ];
  return JSON.stringify({ version: 1, rules }, undefined, 1);
}

/**
 * Makes sure that a user's own policy does not put something else in place of the verified images.
 * @throws {TrustError} BASE_IMAGE_CONFLICT
 */
export function requireNoConversion(own: readonly PolicyRule[], images: readonly string[]): void {
  for (const image of images) {
    const rule = own.find((candidate) => mayConvert(candidate, spellings(image)));
    if (rule === undefined) continue;
    throw new TrustError(
      'BASE_IMAGE_CONFLICT',
      `The source policy in ${policyVariable} may turn the verified image ${image} into another one (CONVERT "${rule.selector.identifier}")`,
      {
        remedy:
          'Take this rule out of the policy, or let it match exact references without a digest only.\n' +
          'For a mirror of a registry, use the configuration of BuildKit (buildkitd.toml) or of the Docker engine.',
      },
    );
  }
}

function deny(pattern: string): PolicyRule {
  return { action: 'DENY', selector: { identifier: pattern, match_type: 'REGEX' } };
}

/** How BuildKit may write a reference with a digest: with its tag, where it has one, or without. */
function spellings(image: string): string[] {
  const reference = parseReference(image);
  if (reference?.digest === undefined) return [];
  const name = gunOf(reference);
  const tag = reference.tag === undefined ? [] : [`${name}:${reference.tag}@${reference.digest}`];
  return [`${name}@${reference.digest}`, ...tag];
}

function mayConvert({ action, selector }: PolicyRule, references: readonly string[]): boolean {
  if (action !== 'CONVERT') return false;
  return references.some((reference) => {
    const identifier = `docker-image://${reference}`;
    switch (selector.match_type ?? 'WILDCARD') {
      case 'EXACT':
        return selector.identifier === identifier;
      case 'WILDCARD':
        return matchesWildcard(selector.identifier, identifier);
      case 'REGEX':
        // Go's regular expressions are not ours: it might.
        return true;
    }
  });
}

/** `*` matches any text (moby/buildkit util/wildcard). */
function matchesWildcard(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || text.length < first.length + last.length) return false;
  if (!text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

/**
 * Go's regular expressions have no look-ahead, so what differs from all of some texts is spelled
 * out; in two steps, because they must not nest too deep either.
 */
function denyAllBut(references: readonly string[]): PolicyRule[] {
  const digests = new Map<string, string[]>();
  for (const reference of references) {
    const end = reference.indexOf('@sha256:') + '@sha256:'.length;
    const name = reference.slice(0, end);
    digests.set(name, [...(digests.get(name) ?? []), reference.slice(end)]);
  }
  const scheme = '(?s)^docker-image://';
  return [
    deny(`${scheme}(?:${differing(treeOf([...digests.keys()]), '')})$`),
    ...[...digests].map(([name, allowed]) =>
      deny(
        `${scheme}${Array.from(name, escaped).join('')}(?:${differing(treeOf(allowed), '.+')})$`,
      ),
    ),
  ];
}

interface Node {
  readonly next: Map<string, Node>;
  isEnd: boolean;
}

function treeOf(texts: readonly string[]): Node {
  const root: Node = { next: new Map(), isEnd: false };
  for (const text of texts) {
    let node = root;
    for (const char of text) {
      const next = node.next.get(char) ?? { next: new Map<string, Node>(), isEnd: false };
      node.next.set(char, next);
      node = next;
    }
    node.isEnd = true;
  }
  return root;
}

/** What follows from `node` on in a text that is to be denied; `longer` is that after an end. */
function differing(node: Node, longer: string): string {
  if (node.isEnd) return longer === '' ? '[^\\x00-\\x{10FFFF}]' : longer;
  const known = [...node.next.keys()].map(escaped).join('');
  const others = known === '' ? '.*' : `|[^${known}].*`;
  return [
    others,
    ...[...node.next].map(([char, next]) => `${escaped(char)}(?:${differing(next, longer)})`),
  ].join('|');
}

function escaped(char: string): string {
  return /[A-Za-z0-9]/.test(char) ? char : `\\${char}`;
}
