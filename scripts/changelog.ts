/** Reads CHANGELOG.md. */

/** A release as the changelog tells it. */
export interface Release {
  readonly version: string;
  /** What changes for users, in Markdown. */
  readonly notes: string;
}

/** The releases of a changelog, newest first. What is not released yet is none. */
export function releasesOf(changelog: string): readonly Release[] {
  return changelog
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const version = /^\d+\.\d+\.\d+$/.exec(heading.trim())?.[0];
      return version === undefined ? [] : [{ version, notes: lines.join('\n').trim() }];
    });
}

/**
 * What is published about the release that `tag` names.
 * @throws {Error} where the tag, the version and the changelog do not agree
 */
export function notesOf(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) throw new Error(`The tag is ${tag}, package.json says ${version}`);
  const [newest] = releasesOf(changelog);
  if (newest?.version !== version || newest.notes === '') {
    throw new Error(`CHANGELOG.md does not begin with what ${version} changes`);
  }
  const unreleased = /^## Unreleased\n([^]*?)^## /m.exec(changelog)?.[1]?.trim() ?? '';
  if (unreleased !== '') throw new Error(`CHANGELOG.md has lines under "Unreleased"`);
  return newest.notes;
}
