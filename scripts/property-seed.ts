/**
 * Loaded before each test file of a whole run: property tests draw the same values every time, so that a run says
 * something of the change at hand. New values are for `npm run fuzz`, and for test files that are run alone.
 */
import fc from 'fast-check';
import { SEED_VARIABLE } from './run-tests.ts';

const seed = Number(process.env[SEED_VARIABLE] ?? 1);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
