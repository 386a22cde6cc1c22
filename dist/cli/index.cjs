#!/usr/bin/env node
'use strict';
var running = process.versions.node.split('.').map(Number);
if (running[0] < 20 || (running[0] === 20 && running[1] < 19)) {
  process.exitCode = 1;
  var text = 'acr-content-trust needs Node.js 20.19 or newer, this is ' + process.versions.node + '.\nInstall a newer Node.js, and run it again.';
  process.stderr.write('error: ' + text + '\n');
} else {
  if (process.argv.length === 3 && process.argv[2] === '--version') {
    process.stdout.on('error', function () {});
    process.stdout.write('1.0.0\n');
  } else try {
    require('./main.cjs');
  } catch (error) {
    process.exitCode = 1;
    text = 'acr-content-trust could not start: ' + error.message;
    process.stderr.write('error: ' + text + '\n');
  }
}
