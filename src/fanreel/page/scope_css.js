// Keeps a nested composition's style sheets inside its host.
//
//   F.scopeCss.sheet(sheet, scope)      rewrites a loaded CSSStyleSheet in place
//   F.scopeCss.selector(text, scope)    the same for one selector list
//   F.scopeCss.mapDocument(text, scope) html, body and :root become the host (for querySelector)
//   F.scopeCss.rename(sheets, elements, scope)  after all sheets: animations follow their keyframes
// where scope = {key, depth, rootId, renames: Map}; the host carries data-fanreel-host="key".
//
// A rule `S` reaches the elements below the host with one more attribute of specificity per level
// of nesting, so an inner file wins over an outer one that says the same (HyperFrames docs,
// sub-compositions: every rule is prefixed by the composition's attribute selector).
// `html`, `body`, `:root` mean the host and keep their specificity, so that the outer file may
// still place it.
//
// @scope would do without rewriting, but gives no specificity: `.a .b` of the page would win over
// `.b` of the nested file. CSSOM is changed in place because writing rules out loses declarations
// (a shorthand with var() beside its longhand).
(() => {
  const F = globalThis.__fanreel;
  const HOST = "\u0001";
  const IDENT = /[-_a-zA-Z0-9\u0080-\uffff]/;

  // Index just after the escape, string, bracket or identifier that starts at *at*.
  function skip(text, at) {
    const char = text[at];
    if (char === "\\") return at + 2;
    if (char === '"' || char === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== char) end += text[end] === "\\" ? 2 : 1;
      return end + 1;
    }
    if (char === "[") {
      let end = at + 1;
      while (end < text.length && text[end] !== "]") {
        end = text[end] === '"' || text[end] === "'" ? skip(text, end) : end + 1;
      }
      return end + 1;
    }
    return at + 1;
  }

  function identEnd(text, from) {
    let end = from;
    while (end < text.length && (IDENT.test(text[end]) || text[end] === "\\")) {
      end += text[end] === "\\" ? 2 : 1;
    }
    return end;
  }

  // Splits at top-level commas.
  function splitList(text) {
    const parts = [];
    let depth = 0;
    let start = 0;
    for (let at = 0; at < text.length; ) {
      if (text[at] === "(") depth += 1;
      else if (text[at] === ")") depth -= 1;
      else if (text[at] === "," && depth === 0) {
        parts.push(text.slice(start, at).trim());
        start = at + 1;
      }
      at = skip(text, at);
    }
    parts.push(text.slice(start).trim());
    return parts;
  }

  // [{combinator, compound}], the combinator being the one before the compound.
  function splitCompounds(text) {
    const parts = [];
    let depth = 0;
    let compound = "";
    let combinator = "";
    const push = () => {
      if (compound !== "") parts.push({ combinator, compound });
      if (compound !== "") combinator = " ";
      compound = "";
    };
    for (let at = 0; at < text.length; ) {
      const char = text[at];
      const end = skip(text, at);
      if (char === "(") depth += 1;
      if (char === ")") depth -= 1;
      if (depth === 0 && /\s/.test(char)) push();
      else if (depth === 0 && (char === ">" || char === "+" || char === "~")) {
        push();
        combinator = char;
      } else compound += text.slice(at, end);
      at = end;
    }
    push();
    return parts;
  }

  // The id that the composition's root had in its file.
  function nameRoot(name, { key, rootId }) {
    if (rootId === null || name !== `#${CSS.escape(rootId)}`) return name;
    return `:is(${name}, [data-fanreel-root="${key}"])`;
  }

  // Puts HOST-marks where a selector names the document's own elements. The mark is followed by
  // `e` (a type selector) or `c` (a pseudo-class), for the specificity.
  function markHost(text, scope) {
    let result = "";
    for (let at = 0; at < text.length; ) {
      const char = text[at];
      if (char === "." || char === "#" || char === ":") {
        const from = at + (text.startsWith("::", at) ? 2 : 1);
        const end = identEnd(text, from);
        const name = text.slice(at, end);
        result += name.toLowerCase() === ":root" ? `${HOST}c` : nameRoot(name, scope);
        at = Math.max(end, at + 1);
      } else if (IDENT.test(char) || char === "\\") {
        const end = identEnd(text, at);
        const name = text.slice(at, end);
        const isType = result === "" || /[\s>+~(,]$/.test(result);
        result += isType && /^(html|body)$/i.test(name) ? `${HOST}e` : name;
        at = end;
      } else {
        const end = skip(text, at);
        result += text.slice(at, end);
        at = end;
      }
    }
    return result;
  }

  // `html body .x` and `html > body > .x`: both compounds are the host, which is one element.
  function mergeHosts(parts) {
    const merged = [];
    for (const part of parts) {
      const last = merged.at(-1);
      const follows = part.combinator === " " || part.combinator === ">";
      if (last && follows && isHost(last.compound) && isHost(part.compound)) {
        last.compound += part.compound;
      } else merged.push({ ...part });
    }
    return merged;
  }

  const isHost = (compound) => {
    let depth = 0;
    for (const char of compound) {
      if (char === "(") depth += 1;
      else if (char === ")") depth -= 1;
      else if (char === HOST && depth === 0) return true;
    }
    return false;
  };

  const hostSelector = (scope) => `[data-fanreel-host="${scope.key}"]`;

  // `:not()` of what cannot exist adds exactly the specificity that `body` or `:root` had.
  const unmark = (text, scope) =>
    text
      .replaceAll(`${HOST}e`, `:where(${hostSelector(scope)}):not(fanreel-none)`)
      .replaceAll(`${HOST}c`, `:where(${hostSelector(scope)}):not(.fanreel-none)`);

  function pseudoElementAt(compound) {
    let depth = 0;
    for (let at = 0; at < compound.length; ) {
      if (compound[at] === "(") depth += 1;
      if (compound[at] === ")") depth -= 1;
      if (depth === 0 && compound.startsWith("::", at)) return at;
      if (depth === 0 && /^:(before|after|first-line|first-letter)\b/i.test(compound.slice(at))) {
        return at;
      }
      at = skip(compound, at);
    }
    return compound.length;
  }

  function scopeComplex(text, scope) {
    const parts = mergeHosts(splitCompounds(markHost(text, scope)));
    if (parts.length === 0) return text;
    const subject = parts.at(-1);
    if (!isHost(subject.compound)) {
      const host = hostSelector(scope).repeat(Math.max(scope.depth, 1));
      const reachesHost =
        subject.compound.includes(HOST) || /\[\s*data-composition-/.test(subject.compound);
      const membership = reachesHost ? `:is(${host}, ${host} *)` : `:is(${host} *)`;
      const at = pseudoElementAt(subject.compound);
      subject.compound = subject.compound.slice(0, at) + membership + subject.compound.slice(at);
    }
    const joined = parts
      .map(({ combinator, compound }, index) => {
        if (index === 0) return (combinator === "" ? "" : `${combinator} `) + compound;
        return combinator === " " ? ` ${compound}` : ` ${combinator} ${compound}`;
      })
      .join("");
    return unmark(joined, scope);
  }

  const selector = (text, scope) =>
    splitList(text)
      .map((part) => scopeComplex(part, scope))
      .join(", ");

  const mapDocument = (text, scope) =>
    splitList(text)
      .map((part) => {
        const parts = mergeHosts(splitCompounds(markHost(part, scope)));
        return unmark(
          parts
            .map(
              ({ combinator, compound }) => (combinator.trim() ? `${combinator} ` : "") + compound,
            )
            .join(" "),
          scope,
        );
      })
      .join(", ");

  // ---- keyframes: a global name space, so a second file's `fade` gets a name of its own ---------
  const keyframes = new Map();
  let renamed = 0;

  function readKeyframes(rules, visit) {
    for (const rule of rules) {
      if (rule instanceof CSSKeyframesRule) visit(rule);
      else if (rule instanceof CSSImportRule) readKeyframes(rulesOf(rule.styleSheet), visit);
      else if (rule.cssRules) readKeyframes(rule.cssRules, visit);
    }
  }

  function rulesOf(sheet) {
    try {
      return sheet?.cssRules ?? [];
    } catch {
      return []; // another origin's sheet keeps its rules to itself
    }
  }

  const signature = (rule) => [...rule.cssRules].map((frame) => frame.cssText).join("");

  function claimPageKeyframes() {
    for (const sheet of document.styleSheets) {
      const owner = sheet.ownerNode;
      if (owner?.closest?.("[data-fanreel-host]")) continue;
      readKeyframes(rulesOf(sheet), (rule) => {
        if (!keyframes.has(rule.name)) keyframes.set(rule.name, new Map());
        keyframes.get(rule.name).set(signature(rule), rule.name);
      });
    }
  }

  function claimKeyframes(rule, scope) {
    const name = rule.name;
    const known = keyframes.get(name) ?? new Map();
    keyframes.set(name, known);
    const text = signature(rule);
    if (!known.has(text)) {
      if (known.size > 0) renamed += 1;
      known.set(text, known.size === 0 ? name : `${name}-fanreel-${renamed}`);
    }
    const given = known.get(text);
    if (given === name) return;
    rule.name = given;
    scope.renames.set(name, given);
  }

  function renameWords(text, renames) {
    return text.replace(
      /(?:\\.|[-_a-zA-Z0-9\u0080-\uffff])+/g,
      (word) => renames.get(word) ?? word,
    );
  }

  function renameMotion(style, renames) {
    if (renames.size === 0) return;
    const names = style.getPropertyValue("animation-name");
    if (names !== "") {
      const changed = renameWords(names, renames);
      if (changed !== names) {
        style.setProperty("animation-name", changed, style.getPropertyPriority("animation-name"));
      }
      return;
    }
    // A shorthand with var() has no longhands yet.
    const shorthand = style.getPropertyValue("animation");
    if (shorthand === "") return;
    const changed = renameWords(shorthand, renames);
    if (changed !== shorthand) {
      style.setProperty("animation", changed, style.getPropertyPriority("animation"));
    }
  }

  const done = new WeakSet();

  function scopeRules(rules, scope, nested) {
    for (const rule of rules) {
      if (done.has(rule)) continue;
      done.add(rule);
      if (rule instanceof CSSStyleRule) {
        // A nested rule is relative to its parent, which is scoped already.
        if (!nested) rule.selectorText = selector(rule.selectorText, scope);
        scopeRules(rule.cssRules, scope, true);
      } else if (rule instanceof CSSImportRule) {
        scopeRules(rulesOf(rule.styleSheet), scope, false);
      } else if (rule instanceof CSSKeyframesRule) {
        claimKeyframes(rule, scope);
      } else if (rule.cssRules) {
        scopeRules(rule.cssRules, scope, nested);
      }
    }
  }

  function renameRules(rules, renames) {
    for (const rule of rules) {
      if (rule.style) renameMotion(rule.style, renames);
      if (rule instanceof CSSImportRule) renameRules(rulesOf(rule.styleSheet), renames);
      else if (rule.cssRules && !(rule instanceof CSSKeyframesRule)) {
        renameRules(rule.cssRules, renames);
      }
    }
  }

  function sheet(loaded, scope) {
    scopeRules(rulesOf(loaded), scope, false);
  }

  // After every sheet of a mount is in: a name may be used in one sheet and defined in another.
  function rename(sheets, elements, scope) {
    if (scope.renames.size === 0) return;
    for (const loaded of sheets) renameRules(rulesOf(loaded), scope.renames);
    for (const element of elements) renameMotion(element.style, scope.renames);
  }

  F.scopeCss = { sheet, rename, selector, mapDocument, claimPageKeyframes };
})();
