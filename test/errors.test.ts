import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { errorCodes, exitCodeOf, exitCodes, isInputCode, type ErrorCode } from '../src/errors.js';
import { root } from './docs/pages.js';
import { readSources } from './docs/sources.js';

/** One place in src/ that gives a failure its code. */
interface Raised {
  readonly code: ErrorCode;
  readonly file: string;
  readonly line: number;
  /** The types of the parameters of the functions around it. */
  readonly given: string;
}

const isCode = (text: string): text is ErrorCode =>
  (errorCodes as readonly string[]).includes(text);

/** Every place in src/ that gives a failure its code, and not those that compare codes or list them. */
function raisedIn(sources: readonly ts.SourceFile[]): readonly Raised[] {
  const found: Raised[] = [];
  for (const source of sources) {
    const file = path.relative(root, source.fileName);
    const visit = (node: ts.Node, given: string): void => {
      if (ts.isStringLiteral(node) && isCode(node.text) && isRaised(node)) {
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        found.push({ code: node.text, file, line, given });
      }
      const own = ts.isFunctionLike(node)
        ? node.parameters.map(({ type }) => type?.getText() ?? '').join(' ')
        : '';
      ts.forEachChild(node, (child) => {
        visit(child, `${given} ${own}`);
      });
    };
    visit(source, '');
  }
  return found;
}

/** Whether a code is what an error is made with: its first argument, or a property `code`. */
function isRaised(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.arguments?.[0] === node;
  if (ts.isConditionalExpression(parent)) return parent.condition !== node && isRaised(parent);
  if (ts.isBinaryExpression(parent)) {
    const { operatorToken } = parent;
    return operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken && isRaised(parent);
  }
  if (ts.isAsExpression(parent)) return isRaised(parent);
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === 'code';
  if (!ts.isCallExpression(parent)) return false;
  const asks = /(?:isTrustError|includes|has)$/.test(parent.expression.getText());
  return !asks && parent.arguments.includes(node as never);
}

const raised = raisedIn(readSources());
const where = ({ file, line, code }: Raised): string => `${file}:${line} ${code}`;

describe('the codes of errors', () => {
  it('are each given to an error somewhere', () => {
    const used = new Set(raised.map(({ code }) => code));
    expect(errorCodes.filter((code) => !used.has(code))).toEqual([]);
  });

  // These judge one text or one file, and ask nobody.
  const judges = [
    'src/azure/arm.ts',
    'src/azure/clouds.ts',
    'src/azure/registry-login.ts',
    'src/docker/',
    'src/http/environment.ts',
    'src/http/proxy.ts',
    'src/registry/docker-config-credentials.ts',
    'src/registry/image-name.ts',
    'src/registry/patterns.ts',
    'src/signing/certificate-chain.ts',
    'src/signing/docker-key-file.ts',
    'src/signing/named-file.ts',
    'src/signing/root-pin.ts',
    'src/signing/vault-hosts.ts',
    'src/trust/reading/own-folder.ts',
    'src/trust/reading/trust-cache.ts',
    'src/trust/server/address.ts',
    'src/trust/server/client.ts',
    'src/trust/verification/pins.ts',
  ];
  const outside = ['azure', 'docker', 'http', 'output-files', 'registry', 'signing', 'trust'];

  it('blame the inputs in the subjects only where one text or file is judged', () => {
    const blaming = raised
      .filter(({ code, file }) => isInputCode(code) && outside.includes(file.split('/')[1] ?? ''))
      .map(({ file }) => file);
    const known = (file: string): boolean => judges.some((judge) => file.startsWith(judge));
    expect(blaming.filter((file) => !known(file))).toEqual([]);
    expect(judges.filter((judge) => !blaming.some((file) => file.startsWith(judge)))).toEqual([]);
  });

  it('blame the inputs nowhere where the answer of somebody is at hand', () => {
    const answers = [
      'TrustedView',
      'RoleListing',
      'Session',
      'DockerCli',
      'Tags',
      'HttpResponse',
      'TokenCredential',
      'ExportableKey',
      'FoundKey',
    ];
    const takes = (given: string, answer: string) => new RegExp(`\\b${answer}\\b`).test(given);
    const guilty = raised.filter(
      ({ code, given }) => isInputCode(code) && answers.some((answer) => takes(given, answer)),
    );
    expect(guilty.map(where)).toEqual([]);
    // A name that no function takes any more finds nothing.
    expect(answers.filter((name) => !raised.some(({ given }) => takes(given, name)))).toEqual([]);
  });
});

describe('the exit code', () => {
  it.each([
    ['of a run that is done', undefined, 0],
    ['of a failure', { code: 'PUSH_FAILED' }, 1],
    ['of inputs that cannot be used', { code: 'INPUT_CONFLICT' }, 2],
    ['after SIGHUP', { code: 'INTERRUPTED', stoppedBy: 'SIGHUP' }, 129],
    ['after Ctrl+C', { code: 'INTERRUPTED', stoppedBy: 'SIGINT' }, 130],
    ['after SIGTERM', { code: 'INTERRUPTED', stoppedBy: 'SIGTERM' }, 143],
    ['after Ctrl+Break', { code: 'INTERRUPTED', stoppedBy: 'SIGBREAK' }, 149],
    ['of what was stopped without a signal', { code: 'INTERRUPTED' }, 1],
  ] as const)('%s', (_what, failure, expected) => {
    expect(exitCodeOf(failure)).toBe(expected);
  });

  it('is 0 for no failure at all', () => {
    for (const code of errorCodes) expect(exitCodeOf({ code })).not.toBe(exitCodes.done);
  });
});
