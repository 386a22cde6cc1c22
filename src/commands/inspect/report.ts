/** What `inspect` shows: tables for the log, the job summary, the trust report. Facts only. */
import { code, escape } from '../report/report.js';
import { moreLines, warningLines } from '../report/summary.js';
import { alignColumns } from '../report/text-table.js';
import { drawingOf } from './drawing.js';
import type { KeyFacts, RepositoryFacts, RoleFacts, TagFacts } from './facts.js';

/** Of every repository. */
const mostRows = 100;
const mostDrawings = 10;

/** The tables of one repository as lines of text. */
export function inspectionTable(facts: RepositoryFacts): readonly string[] {
  const { hasTrustData, roles, tags, unsignedTags } = facts;
  const lines: string[] = [];
  if (!hasTrustData) lines.push('no trust data: nothing is signed');
  if (roles.length > 0) {
    lines.push(
      ...alignColumns([
        ['ROLE', 'VERSION', 'EXPIRES', 'STATE', 'THRESHOLD', 'PATHS', 'KEYS'],
        ...roles.map((role) => [
          role.role,
          String(role.version ?? '-'),
          role.expires?.slice(0, 10) ?? '-',
          stateOf(role),
          `${role.threshold} of ${role.keys.length}`,
          pathsOf(role),
          role.keys.map(keyName).join(', ') || '-',
        ]),
      ]),
    );
  }
  if (tags.length > 0) {
    lines.push(
      '',
      ...alignColumns([
        ['SIGNED TAG', 'DIGEST', 'SIGNERS', 'ROLES', 'REGISTRY'],
        ...tags.map((tag) => [
          tag.tag,
          tag.digest,
          tag.signers.join(', '),
          tag.roles.join(', ') + (tag.isPulled ? '' : ' (not what a pull gets)'),
          registryOf(tag),
        ]),
      ]),
    );
  }
  if (unsignedTags.length > 0) {
    lines.push(
      '',
      ...alignColumns([
        ['UNSIGNED TAG', ''],
        ...unsignedTags.map(({ tag, reason }) => [tag, reason ?? '']),
      ]),
    );
  }
  return lines;
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function inspectionReport(
  repositories: readonly RepositoryFacts[],
  failures: readonly { readonly name: string; readonly code: string; readonly message: string }[],
  warnings: readonly string[],
): object {
  return { formatVersion: 2, command: 'inspect', repositories, failures, warnings };
}

/** The job summary, as Markdown. */
export function inspectionSummary(
  repositories: readonly RepositoryFacts[],
  warnings: readonly string[],
): string {
  return [
    '### Content trust',
    '',
    ...repositories.flatMap((facts, index) => repositorySummary(facts, index < mostDrawings)),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

function repositorySummary(facts: RepositoryFacts, isDrawn: boolean): readonly string[] {
  const { name, hasTrustData, roles, tags, unsignedTags } = facts;
  const lines = [`#### ${code(name)}`, ''];
  if (!hasTrustData) lines.push('No trust data: nothing is signed.', '');
  if (roles.length > 0) {
    lines.push(
      '| Role | Version | Expires | Threshold | Paths | Keys |',
      '| --- | --- | --- | --- | --- | --- |',
      ...roles.slice(0, mostRows).map((role) => {
        const cells = [
          code(role.role),
          String(role.version ?? ''),
          [role.expires?.slice(0, 10), markOf(role)].filter(Boolean).join(' '),
          `${role.threshold} of ${role.keys.length}`,
          role.paths ? escape(pathsOf(role)) : '',
          role.keys.map((key) => code(keyName(key))).join('<br>'),
        ];
        return `| ${cells.join(' | ')} |`;
      }),
      ...more(roles.length),
      '',
    );
  }
  if (tags.length > 0) {
    lines.push(
      '| Signed tag | Digest | Signers | Registry |',
      '| --- | --- | --- | --- |',
      ...tags.slice(0, mostRows).map((tag) => {
        const isSame = tag.registry === 'same' ? '✅ same' : `⚠️ ${registryOf(tag)}`;
        const cells = [code(tag.tag), code(tag.digest), tag.signers.map(escape).join(', '), isSame];
        return `| ${cells.join(' | ')} |`;
      }),
      ...more(tags.length),
      '',
    );
  }
  if (unsignedTags.length > 0) {
    const names = unsignedTags.slice(0, mostRows).map(({ tag }) => code(tag));
    lines.push(`Unsigned tags: ${names.join(', ')}`, ...more(unsignedTags.length), '');
  }
  if (hasTrustData && isDrawn) lines.push(drawingOf(facts), '');
  return lines;
}

function more(count: number): readonly string[] {
  return moreLines(count - mostRows);
}

function stateOf({ state }: RoleFacts): string {
  return state === 'expired' ? 'EXPIRED' : state;
}

function markOf({ state }: RoleFacts): string {
  return state === 'valid' ? '' : `⚠️ ${state}`;
}

function pathsOf({ paths }: RoleFacts): string {
  if (!paths) return '-';
  if (paths.length === 0) return 'none';
  return paths.map((path) => (path === '' ? 'all' : `${path}*`)).join(', ');
}

function keyName({ keyId, type }: KeyFacts): string {
  return `${keyId} (${type})`;
}

function registryOf({ registry, registryDigest }: TagFacts): string {
  return registry === 'differs' ? `differs: ${registryDigest ?? ''}` : registry;
}
