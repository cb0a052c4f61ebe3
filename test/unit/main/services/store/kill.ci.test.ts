import { killSuite } from '../../../../support/host-kill-suite.ts';

killSuite((points) => points);
