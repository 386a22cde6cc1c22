process.env.INPUT_COMMAND = 'sign';
require('./index.cjs');
