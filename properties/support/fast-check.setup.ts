/**
 * Seeds fast-check with the seed of the run, in every test file. A property that names its own `seed` keeps it.
 * `HARROW_SEED=N` therefore repeats every generated case of a run; a failure still prints fast-check's own path.
 */
import fc from 'fast-check';
import { freshSeed } from './seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: freshSeed() });
