import { mutantsSuite } from '../../../support/mutants-suite.ts';

mutantsSuite(400);
