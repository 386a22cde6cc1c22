/** Prints the results as docs/conformance.md, and the corpus as cases.md beside this file. */
import { format } from 'prettier';
import type { Case, Chapter } from './corpus/index.js';
import { deviationOf, deviations, type Theirs } from './deviations.js';
import { isImage, type Verdict } from './verdict.js';

const meanings: Readonly<Record<string, string>> = {
  'image 1.0': 'accepted',
  'image 2.0': 'accepted',
  'old image': 'accepted',
  'other image': 'accepted',
  unsigned: 'not signed',
  refused: 'tag rejected',
  none: 'no trust data',
  expired: 'expired',
  invalid: 'invalid',
  crash: 'crash',
};

const introduction = `
# Conformance

Does this product accept and reject the same trust data as Docker does? A test answers that with really signed
repositories, and writes this page; it fails when the two differ.

- **Judged**: this product, the Docker CLI 20.10 and 26 (\`docker pull\` with content trust), and the \`notary\` client
  0.7.0 (\`notary lookup\`).
- **How**: a trust server serves each repository exactly as it was built, also broken ones. Cases with a history show
  the client one state first and another one afterwards.
- **Expected**: all clients give the same verdict, except for a closed list of [differences](#differences). A case on
  that list must still differ.
- **Never**: this product accepts what a stock client rejects.

Where \`docker pull\` and \`notary lookup\` follow different rules, this product follows Docker's. The comparison with
\`notary\` looks the tag up by the rules of \`notary\`. The list of all cases, with the verdicts, is
\`test/e2e/conformance/cases.md\`.
`;

const differences = `
## Differences

This product rejects what a stock client should not accept, or reports more precisely what is wrong.
`;

/** The page for readers: results by subject, and the differences. */
export async function conformanceReport(corpus: readonly Chapter[]): Promise<string> {
  const cases = new Map(corpus.flatMap((chapter) => chapter.cases.map((one) => [one.name, one])));
  const results = corpus.map(({ title, cases: all }) => resultsOf(title, all));
  const total = resultsOf('All', [...cases.values()]);
  const differing = deviations.flatMap(({ why, cases: listed }) => {
    const verdicts = Object.entries(listed).map(
      ([name, theirs]) => `${ourWords(cases.get(name))} | ${theirWords(theirs)}`,
    );
    const kinds = [...new Set(verdicts)];
    return kinds.map((kind) => {
      const count = verdicts.filter((verdict) => verdict === kind).length;
      return `| ${count} | ${kind} | ${why} |`;
    });
  });
  return formatted([
    introduction,
    '\n## Results\n\n| Subject | Cases | Accepted | Not accepted | Stock clients differ |\n',
    '| --- | --- | --- | --- | --- |\n',
    ...[...results, total].map((row) => `${row}\n`),
    differences,
    '\n| Cases | We say | Stock clients say | Reason |\n| --- | --- | --- | --- |\n',
    ...differing.map((row) => `${row}\n`),
  ]);
}

/** Every case with our verdict, and theirs where it differs. */
export async function caseList(corpus: readonly Chapter[]): Promise<string> {
  const chapters = corpus.map(({ title, cases }) => {
    const rows = cases.map((one) => {
      const theirs = deviationOf(one.name);
      const difference = theirs === undefined ? '' : theirWords(theirs);
      return `| ${capital(one.name)} | ${ourWords(one)} | ${difference} |`;
    });
    return `\n## ${title}\n\n| Case | Verdict | Stock clients, if they differ |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return formatted(['# Cases of the conformance test\n', ...chapters]);
}

function resultsOf(title: string, cases: readonly Case[]): string {
  const accepted = cases.filter(({ pull }) => isImage(pull)).length;
  const different = cases.filter(({ name }) => deviationOf(name) !== undefined).length;
  const numbers = [cases.length, accepted, cases.length - accepted, different];
  return `| ${[title, ...numbers].join(' | ')} |`;
}

async function formatted(parts: readonly string[]): Promise<string> {
  return format(parts.join(''), { parser: 'markdown', proseWrap: 'always', printWidth: 120 });
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
