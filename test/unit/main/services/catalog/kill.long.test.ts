import { catalogKillSuite } from '../../../../support/catalog-kill-suite.ts';

// A thousand kills in ten parts, so that a machine with little time can run them one after another (`-t 'part 3 of'`).
catalogKillSuite(100, 2000, 10);
