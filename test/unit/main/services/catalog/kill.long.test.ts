import { catalogKillSuite } from '../../../../support/catalog-kill-suite.ts';

catalogKillSuite(1000, 2000);
