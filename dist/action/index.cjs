'use strict';
var running = process.versions.node.split('.').map(Number);
if (running[0] < 20 || (running[0] === 20 && running[1] < 19)) {
  process.exitCode = 1;
  var text = 'acr-content-trust needs Node.js 20.19 or newer, this is ' + process.versions.node + '.\nUpdate the runner.';
  process.stdout.write('::error title=Content trust::' + text.replace(/[\r\n]+/g, '%0A') + '\n');
} else {
  try {
    require('./main.cjs');
  } catch (error) {
    process.exitCode = 1;
    text = 'acr-content-trust could not start: ' + error.message;
    process.stdout.write('::error title=Content trust::' + text.replace(/[\r\n]+/g, '%0A') + '\n');
  }
}
