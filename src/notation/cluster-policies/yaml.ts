/** YAML as people read it: with a comment that says what it is, texts of several lines as blocks. */
import { stringify } from 'yaml';

/** @param comment lines that stand above the first document. */
export function formatYaml(comment: readonly string[], ...documents: readonly object[]): string {
  const head = comment.map((line) => `# ${line}\n`).join('');
  // Long lines of PEM and of expressions stay whole.
  const texts = documents.map((document) =>
    stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return head + texts.join('---\n');
}
