import { existsSync } from 'node:fs';
if (!existsSync('native/CMakeLists.txt')) process.exit(0);
