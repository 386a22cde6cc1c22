/**
 * What documents are held against in src/: the texts its code can print, and the properties of its
 * interfaces. Reads the syntax tree, so that a text over several lines is one text. Runs nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from './pages.js';

/** Every file below src/ that is TypeScript, parsed. */
export function readSources(): readonly ts.SourceFile[] {
  return readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => parse(path.join('src', file)));
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

/** The text of an expression, with `…` for what is no text. */
function textOf(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (isSum(node)) return textOf(node.left) + textOf(node.right);
  if (!ts.isTemplateExpression(node)) return '…';
  const spans = node.templateSpans.map(({ expression, literal }) => {
    return textOf(expression) + literal.text;
  });
  return node.head.text + spans.join('');
}
