/** Prints the corpus and the deviations as docs/conformance.md. */
import { format } from 'prettier';
import type { Case, Chapter } from './corpus/index.js';
import { deviationOf, deviations, type Theirs } from './deviations.js';
import type { Verdict } from './verdict.js';

const meanings: Readonly<Record<string, string>> = {
  'image 1.0': 'accepted',
  'image 2.0': 'accepted',
  'old image': 'accepted',
  'other image': 'accepted',
  unsigned: 'not signed',
  refused: 'tag refused',
  none: 'no trust data',
  expired: 'expired',
  invalid: 'invalid',
  crash: 'crash',
};

const introduction = `
# Conformance

The same repository gets the same verdict from this product, from the Docker CLI (20.10 and 26, \`docker pull\` with
content trust) and from the \`notary\` client 0.7.0 (\`notary lookup\`). A test builds every case below by really signing
it, serves it from a trust server that hands out whatever it was given, and asks all four
(\`test/e2e/conformance\`). Cases with a history show the client one state first and another one afterwards.

This file is written by that test; it fails when the two differ.

Verdicts: *accepted* (the tag stands for an image, the same one for all), *not signed* (the data is good, the tag is not
in it), *tag refused* (it is listed, but not so that a pull may take it), *no trust data*, *expired* and *invalid* (the
data is refused), *crash*. Where the rules of \`docker pull\` and \`notary lookup\` differ, ours are Docker's; for the
comparison with \`notary\` the test looks the tag up by notary's order, in data that we have verified.

## Where we differ

Only where a stock client accepts what should be refused, says it less well, or ends in a panic. A case that is not in
this list must get one verdict from all; one that is in it must still differ, or the test fails.
`;

/** The whole document. */
export async function conformanceReport(corpus: readonly Chapter[]): Promise<string> {
  const cases = new Map(corpus.flatMap((chapter) => chapter.cases.map((one) => [one.name, one])));
  const differing = deviations.map(({ why, cases: listed }) => {
    const rows = Object.entries(listed).map(
      ([name, theirs]) =>
        `| ${capital(name)} | ${ourWords(cases.get(name))} | ${theirWords(theirs)} |`,
    );
    return `\n${why}\n\n| Case | We say | They say |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  const chapters = corpus.map(({ title, cases: all }) => {
    const rows = all.map(
      (one) =>
        `| ${capital(one.name)} | ${ourWords(one)} |` +
        (deviationOf(one.name) === undefined ? ' |' : ' differs |'),
    );
    return `\n### ${title}\n\n| Case | Verdict | |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  const count = `\n## All ${cases.size} cases\n`;
  return format([introduction, ...differing, count, ...chapters].join(''), {
    parser: 'markdown',
    proseWrap: 'always',
    printWidth: 120,
  });
}

/** Names hold what Markdown would read as its own. */
function capital(name: string): string {
  const text = name.replace(/[\\|<>*_`]/g, '\\$&').replace(/\p{Cc}|\p{Co}|\u2028/gu, escape);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const escape = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

function ourWords(one: Case | undefined): string {
  return one === undefined ? '' : words(one.pull, one.lookup);
}

function theirWords(theirs: Theirs): string {
  return typeof theirs === 'string' ? words(theirs) : words(theirs.docker, theirs.notary);
}

function words(pull: Verdict, lookup: Verdict = pull): string {
  const [docker = '', notary = ''] = [meanings[pull], meanings[lookup]];
  return docker === notary ? docker : `${docker} (by the rules of notary: ${notary})`;
}
