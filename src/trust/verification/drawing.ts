/**
 * Draws keys -> roles -> tags as a Mermaid flow chart. Bounded in size, whatever the repository
 * holds; nothing in a name can end a label or the block it stands in.
 */
import type { RoleFacts } from './role-facts.js';
import type { SignedTag } from './tags.js';

/** GitHub refuses to draw more than a few hundred edges; people stop reading far earlier. */
const mostTags = 30;
const mostRoles = 20;
const mostKeysOfARole = 5;

/** The drawing as a fenced block of Markdown. */
export function drawTrustData({
  roles,
  tags,
}: {
  readonly roles: readonly RoleFacts[];
  readonly tags: readonly SignedTag[];
}): string {
  const drawn = roles.filter(
    ({ role }) => role === 'root' || role === 'targets' || isDelegation(role),
  );
  const shown = drawn.slice(0, mostRoles);
  const shownTags = tags.slice(0, mostTags);
  const ids = new Map(shown.map(({ role }, index) => [role, `r${index}`]));
  const keyNodes = new Map<string, string>();
  const lines = ['flowchart LR'];
  for (const { role, threshold, keys, version, state, parent } of shown) {
    const node = ids.get(role) ?? '';
    const facts = [role, `version ${version ?? '-'}`, state].filter(Boolean).join(', ');
    lines.push(`  ${node}["${label(facts)}"]`);
    for (const { keyId, type } of keys.slice(0, mostKeysOfARole)) {
      const known = keyNodes.get(keyId);
      const key = known ?? `k${keyNodes.size}`;
      if (known === undefined)
        lines.push(`  ${key}(["${label(`${keyId.slice(0, 12)} ${type}`)}"])`);
      keyNodes.set(keyId, key);
      lines.push(`  ${key} -->${threshold > 1 ? `|${threshold} of ${keys.length}|` : ''} ${node}`);
    }
    if (keys.length > mostKeysOfARole) {
      lines.push(`  ${node}k["and ${keys.length - mostKeysOfARole} more"] --> ${node}`);
    }
    const above = role === 'targets' ? 'root' : parent;
    const from = above === undefined ? undefined : ids.get(above);
    if (from !== undefined) lines.push(`  ${from} -.-> ${node}`);
  }
  shownTags.forEach(({ tag, digest, roles: of }, index) => {
    lines.push(`  t${index}>"${label(`${tag} ${digest.slice(7, 19)}`)}"]`);
    for (const role of of) {
      const node = ids.get(role);
      if (node !== undefined) lines.push(`  ${node} --> t${index}`);
    }
  });
  if (tags.length > shownTags.length) {
    lines.push(`  more["and ${tags.length - shownTags.length} more tags"]`);
  }
  if (drawn.length > shown.length) {
    lines.push(`  others["and ${drawn.length - shown.length} more roles"]`);
  }
  return ['```mermaid', ...lines, '```'].join('\n');
}

function isDelegation(role: RoleFacts['role']): boolean {
  return role.startsWith('targets/');
}

/** Text inside the quotes of a label: Mermaid reads `#code;` there, and nothing else is special. */
function label(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return short.replace(/[^\p{L}\p{N} ._,:/…-]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0x20;
    return codePoint < 0x20 || codePoint === 0x7f ? ' ' : `#${codePoint};`;
  });
}
