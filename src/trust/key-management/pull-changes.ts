/** What a change of roles means to those who pull: tags that appear, vanish or point to another image. */
import { lookUpTag, type TrustedView } from '../verification/index.js';

/** A tag for which Docker's pull gets something else than before. */
export interface PullChange {
  readonly tag: string;
  /** The digest it got before; undefined when it was refused. */
  readonly before: string | undefined;
  /** The digest it gets now; undefined when it is refused. */
  readonly after: string | undefined;
}

/** Every tag that is pulled differently from `after` than from `before`, by name. */
export function pullChanges(before: TrustedView, after: TrustedView): readonly PullChange[] {
  const tags = [before, after].flatMap((view) =>
    [...view.targets.values()].flatMap(({ signed }) => Object.keys(signed.targets)),
  );
  return [...new Set(tags)].sort().flatMap((tag) => {
    const change = { tag, before: digestOf(before, tag), after: digestOf(after, tag) };
    return change.before === change.after ? [] : [change];
  });
}

function digestOf(view: TrustedView, tag: string): string | undefined {
  const found = lookUpTag(view, tag);
  return found.kind === 'signed' ? found.digest : undefined;
}
