// Finds `const`, `let` and `class` at the top level of a classic script.
//
//   topLevel(code)     [{at, length, replacement}], empty when the code cannot be followed
//
// The scripts of a page share such names; the scripts of a nested composition are evaluated one by
// one, where only `var` and `function` outlive a script, so these become `var`.

const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /(?:0[xob][\da-f_]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:e[+-]?\d+)?)n?/iy;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
// After these words an expression begins, so a slash is a regular expression.
const BEFORE_EXPRESSION = new Set(
  "return typeof instanceof in of new delete void throw case do else yield await".split(" "),
);

function matchAt(pattern, code, at) {
  pattern.lastIndex = at;
  return pattern.exec(code)?.[0] ?? null;
}

// Index after the template literal that starts at *at*, -1 when it does not end.
function templateEnd(code, at) {
  for (let end = at + 1; end < code.length; ) {
    if (code[end] === "`") return end + 1;
    if (code[end] === "\\") end += 2;
    else if (code.startsWith("${", end)) {
      const tokens = [...tokenize(code, end + 2, true)];
      const last = tokens.at(-1);
      if (last?.text !== "}") return -1;
      end = last.at + 1;
    } else end += 1;
  }
  return -1;
}

// Yields {at, text, depth, kind}; with *inner* it ends after the brace that closes a `${`.
function* tokenize(code, from, inner) {
  let depth = 0;
  let last = null;
  const canDivide = () =>
    last !== null &&
    (last.kind === "value" ||
      (last.kind === "word" && !BEFORE_EXPRESSION.has(last.text)) ||
      /^[)\]}]$/.test(last.text));
  for (let at = from; at < code.length; ) {
    const char = code[at];
    if (/\s/.test(char)) {
      at += 1;
      continue;
    }
    const comment = matchAt(COMMENT, code, at);
    if (comment) {
      at += comment.length;
      continue;
    }
    let kind = "value";
    let text = null;
    if (char === "`") {
      const end = templateEnd(code, at);
      if (end < 0) {
        yield { at, text: "", depth, kind: "broken" };
        return;
      }
      text = code.slice(at, end);
    } else text = matchAt(STRING, code, at);
    if (text === null && char === "/" && !canDivide()) text = matchAt(REGEX, code, at);
    if (text === null && /[\d.]/.test(char)) text = matchAt(NUMBER, code, at);
    if (text === null) {
      text = matchAt(WORD, code, at);
      kind = text === null ? "mark" : "word";
      text ??= char;
    }
    const token = { at, text, depth, kind };
    if (kind === "mark" && /[([{]/.test(text)) depth += 1;
    if (kind === "mark" && /[)\]}]/.test(text)) {
      depth -= 1;
      token.depth = depth;
    }
    yield token;
    if (inner && depth < 0) return;
    last = token;
    at += text.length;
  }
}

const isStatementStart = (previous, code, at) =>
  previous === null ||
  /^[;}]$/.test(previous.text) ||
  code.slice(previous.at + previous.text.length, at).includes("\n");

function topLevel(code) {
  const found = [];
  const tokens = [...tokenize(code, 0, false)];
  if (tokens.some((token) => token.kind === "broken") || unbalanced(tokens)) return [];
  tokens.forEach((token, index) => {
    if (token.depth !== 0 || token.kind !== "word") return;
    const previous = tokens[index - 1] ?? null;
    const next = tokens[index + 1];
    if (!next || !isStatementStart(previous, code, token.at)) return;
    const opensPattern = next.kind === "word" || /^[[{]$/.test(next.text);
    if ((token.text === "const" || token.text === "let") && opensPattern) {
      found.push({ at: token.at, length: token.text.length, replacement: "var" });
    }
    if (token.text === "class" && next.kind === "word") {
      found.push({ at: token.at, length: 5, replacement: `var ${next.text} = class` });
      const close = tokens.find(
        ({ at, text, depth }) => at > token.at && text === "}" && depth === 0,
      );
      found.push({ at: close.at + 1, length: 0, replacement: ";" });
    }
  });
  return found;
}

function unbalanced(tokens) {
  const depth = tokens.reduce(
    (sum, { kind, text }) =>
      sum + (kind === "mark" ? Number(/[([{]/.test(text)) - Number(/[)\]}]/.test(text)) : 0),
    0,
  );
  return depth !== 0 || tokens.some((token) => token.depth < 0);
}

export { topLevel };
