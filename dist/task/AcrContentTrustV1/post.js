'use strict';
var running = process.versions.node.split('.').map(Number);
if (running[0] < 20 || (running[0] === 20 && running[1] < 19)) {
  process.exitCode = 1;
  var text = 'acr-content-trust needs Node.js 20.19 or newer, this is ' + process.versions.node + '.\nUpdate the agent, and let it choose the Node.js of this task.';
  var line = text.replace(/[\r\n]+/g, '%0A') + '\n';
  var id = process.env.COMMAND_CORRELATION_ID || '';
  process.stdout.write('##vso[task.issue type=error;source=CustomerScript;correlationId=' + id + ';]' + line);
  process.stdout.write('##vso[task.complete result=Failed;]' + line);
} else {
  try {
    require('./post-main.js');
  } catch (error) {
    process.exitCode = 1;
    text = 'acr-content-trust could not start: ' + error.message;
    var line = text.replace(/[\r\n]+/g, '%0A') + '\n';
  var id = process.env.COMMAND_CORRELATION_ID || '';
  process.stdout.write('##vso[task.issue type=error;source=CustomerScript;correlationId=' + id + ';]' + line);
  process.stdout.write('##vso[task.complete result=Failed;]' + line);
  }
}
