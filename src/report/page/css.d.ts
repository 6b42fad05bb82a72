/** The bundler takes style sheets as imports; the compiler only has to know that there are such files. */
declare module '*.css';
