/**
 * What documents are held against in src/: the texts its code can print, and the properties of its
 * interfaces. Reads the syntax tree, so that a text over several lines is one text. Runs nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from './pages.js';

let sources: readonly ts.SourceFile[] | undefined;

/** Every file below src/ that is TypeScript, parsed once: it takes seconds, and several pages ask. */
export function readSources(): readonly ts.SourceFile[] {
  sources ??= readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => parse(path.join('src', file)));
  return sources;
}

/** Every text in `sources`, cut where a part varies. */
export function piecesOf(sources: readonly ts.SourceFile[]): readonly string[] {
  const pieces = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (isText(node)) for (const piece of textOf(node).split('…')) pieces.add(piece);
    ts.forEachChild(node, visit);
  };
  sources.forEach(visit);
  return [...pieces].filter((piece) => piece.trim() !== '');
}

/** A text of the sources, and where it is. */
export interface SourceText {
  readonly where: string;
  readonly text: string;
}

/**
 * The whole texts of `sources`, such as a sum over several lines, once each.
 * @param fill what to print for an expression whose text is known when it runs only
 */
export function wholeTextsOf(
  sources: readonly ts.SourceFile[],
  fill: (expression: string) => string,
): readonly SourceText[] {
  const found: SourceText[] = [];
  for (const source of sources) {
    const visit = (node: ts.Node): void => {
      if (!isText(node)) {
        ts.forEachChild(node, visit);
        return;
      }
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({
        where: `${path.relative(root, source.fileName)}:${line + 1}`,
        text: textOf(node, (expression) => fill(expression.getText())),
      });
    };
    visit(source);
  }
  return found;
}

/** The names of all properties of an interface in a file, those of nested types included. */
export function propertiesOf(file: string, name: string): readonly string[] {
  const declaration = parse(file).statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (!declaration) throw new Error(`${file} has no interface ${name}`);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) names.push(node.name.getText());
    ts.forEachChild(node, visit);
  };
  visit(declaration);
  return names;
}

function parse(file: string): ts.SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function isText(node: ts.Node): node is ts.Expression {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || isSum(node);
}

function isSum(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
}

/** The text of an expression, with `…`, or what `fill` gives, for what is not a text. */
function textOf(node: ts.Expression, fill: (node: ts.Expression) => string = () => '…'): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression, fill);
  if (isSum(node)) return textOf(node.left, fill) + textOf(node.right, fill);
  if (!ts.isTemplateExpression(node)) return fill(node);
  const spans = node.templateSpans.map(({ expression, literal }) => {
    return textOf(expression, fill) + literal.text;
  });
  return node.head.text + spans.join('');
}
