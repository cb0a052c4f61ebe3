import { catalogKillSuite } from '../../../../support/catalog-kill-suite.ts';

catalogKillSuite(60);
