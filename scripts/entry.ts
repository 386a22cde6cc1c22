/**
 * The files that hosts start. Each checks which Node.js runs it before that reads the bundle, whose
 * syntax an old one cannot even parse; so they are written in that of ECMAScript 5. A bundle that fails as it
 * is loaded fails the step: task-lib's own handler would let it end well.
 */

/** Who reads what an entry says. */
export type EntryHost = 'action' | 'cli' | 'task';

/** How each host is told a failure; `text` is a variable there. */
const tell: Readonly<Record<EntryHost, string>> = {
  action:
    "process.stdout.write('::error title=Content trust::' + text.replace(/[\\r\\n]+/g, '%0A') + '\\n');",
  cli: "process.stderr.write('error: ' + text + '\\n');",
  task: [
    "var line = text.replace(/[\\r\\n]+/g, '%0A') + '\\n';",
    "  var id = process.env.COMMAND_CORRELATION_ID || '';",
    "  process.stdout.write('##vso[task.issue type=error;source=CustomerScript;correlationId=' + id + ';]' + line);",
    "  process.stdout.write('##vso[task.complete result=Failed;]' + line);",
  ].join('\n'),
};

const remedies: Readonly<Record<EntryHost, string>> = {
  action: 'Update the runner.',
  cli: 'Install a newer Node.js, and run it again.',
  task: 'Update the agent, and let it choose the Node.js of this task.',
};

/**
 * An entry that hands over to `bundle`, a file beside it.
 * @param oldest the oldest Node.js that runs it, such as `20.19`.
 * @param before what it does first, in ECMAScript 5.
 */
export function entryFile(host: EntryHost, bundle: string, oldest: string, before = ''): string {
  const [major = '', minor = ''] = oldest.split('.');
  return `'use strict';
var running = process.versions.node.split('.').map(Number);
if (running[0] < ${major} || (running[0] === ${major} && running[1] < ${minor})) {
  process.exitCode = 1;
  var text = 'acr-content-trust needs Node.js ${oldest} or newer, this is ' + process.versions.node + '.\\n${remedies[host]}';
  ${tell[host]}
} else {
  ${before}try {
    require('./${bundle}');
  } catch (error) {
    process.exitCode = 1;
    text = 'acr-content-trust could not start: ' + error.message;
    ${tell[host]}
  }
}
`;
}
