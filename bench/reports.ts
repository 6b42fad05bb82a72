/** Where reports are written: `reports/` beside `dist-bench/`, which is where this runs. */
export const REPORTS = new URL('../../reports/', import.meta.url);
