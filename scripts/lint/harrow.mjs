/**
 * Lint rules of Harrow's own: the bans that oxlint's built-in rules cannot express with a message that names the
 * replacement. ESLint's rule shape, run by oxlint through `jsPlugins` in .oxlintrc.json.
 *
 * Knows nothing of files or layers: .oxlintrc.json says where each rule holds, properties/gates/lint.test.ts proves
 * that each one bites.
 */

/** IEEE 754 leaves these to the library: V8 has changed their last digits between versions, so a run would too. */
const ROUNDED = new Set([
  'acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'cbrt', 'cos', 'cosh', 'exp', 'expm1', 'hypot', 'log',
  'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh',
]);

const noAsync = (context) => {
  const message =
    'Promises run when the engine likes. Everything below src/cli is synchronous: return effects as data (src/kernel/effects.ts).';
  const reportAsync = (node) => {
    if (node.async) context.report({ node, message });
  };
  return {
    FunctionDeclaration: reportAsync,
    FunctionExpression: reportAsync,
    ArrowFunctionExpression: reportAsync,
    AwaitExpression: (node) => context.report({ node, message }),
    ForOfStatement: (node) => {
      if (node.await) context.report({ node, message });
    },
    ImportExpression: (node) => context.report({ node, message }),
  };
};

const noForIn = (context) => ({
  ForInStatement: (node) =>
    context.report({
      node,
      message:
        'for-in puts integer-like keys first and walks the prototype. Walk an array or a Map with for-of, in an order that is declared.',
    }),
});

const sortNeedsComparator = (context) => ({
  CallExpression: (node) => {
    const callee = node.callee;
    if (callee.type !== 'MemberExpression' || callee.computed || node.arguments.length > 0) return;
    if (callee.property.name !== 'sort' && callee.property.name !== 'toSorted') return;
    context.report({
      node,
      message: `${callee.property.name}() without a comparator puts 10 before 9. Pass one: (a, b) => a - b, or < and > for text.`,
    });
  },
});

const rounded = (what) =>
  `${what} is rounded as each V8 version likes, so the digest would depend on Node. Use integers (1 << n for powers of two), Math.imul, Math.sqrt or a table.`;

const noRoundedMath = (context) => ({
  MemberExpression: (node) => {
    if (node.object.type !== 'Identifier' || node.object.name !== 'Math' || node.computed) return;
    if (ROUNDED.has(node.property.name)) context.report({ node, message: rounded(`Math.${node.property.name}`) });
  },
});

const noRoundedPower = (context) => {
  // Of two literals the compiler makes a constant: `2 ** 32` is exact everywhere.
  const report = (node) => {
    if (node.left.type !== 'Literal' || node.right.type !== 'Literal') context.report({ node, message: rounded('**') });
  };
  return {
    BinaryExpression: (node) => {
      if (node.operator === '**') report(node);
    },
    AssignmentExpression: (node) => {
      if (node.operator === '**=') report(node);
    },
  };
};

export default {
  meta: { name: 'harrow' },
  rules: {
    'no-async': { create: noAsync },
    'no-for-in': { create: noForIn },
    'no-rounded-math': { create: noRoundedMath },
    'no-rounded-power': { create: noRoundedPower },
    'sort-needs-comparator': { create: sortNeedsComparator },
  },
};
