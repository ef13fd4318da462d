// Composition variables: declarations, values, and the bindings that show them.
//
//   F.variables.getVariables(scope?)   resolved values {id: value}; the page's own without a scope
//   F.variables.scope({...})           a composition's declarations and overrides, see `scope()`
//   F.variables.bind(node, scope)      fills data-var-text and data-var-src below a node
//   F.variables.style(scope, elements) sets the CSS custom properties
//   F.variables.isWhole(element)       the parser has left the element
//   F.variables.check()                [{variable, expected, value, message, composition}]
//   F.variables.declared()             [{composition, id, type, label, default, ...}]
//
// Precedence: declared default < host's data-variable-values (nested) or config.variables (page).
(() => {
  const F = globalThis.__fanreel;
  const config = F.config;
  const TYPES = ["string", "number", "color", "boolean", "enum", "font", "image"];
  const problems = [];
  const scopes = [];
  const bound = new WeakSet();
  const own = (object, key) => Object.hasOwn(object, key);

  function parseJson(text, what, composition) {
    try {
      return JSON.parse(text);
    } catch (error) {
      problems.push({
        variable: null,
        expected: "JSON",
        value: text,
        composition,
        message: `${what} of composition '${composition}' is not JSON: ${error.message}`,
      });
      return null;
    }
  }

  function parseDeclarations(text, composition) {
    if (text === null || text === undefined || text.trim() === "") return [];
    const list = parseJson(text, "data-composition-variables", composition);
    if (list === null) return [];
    if (!Array.isArray(list)) {
      problems.push({
        variable: null,
        expected: "array of declarations",
        value: list,
        composition,
        message: `data-composition-variables of composition '${composition}' is not an array: write [{"id", "type", "label", "default"}]`,
      });
      return [];
    }
    return list.filter((item) => checkDeclaration(item, composition));
  }

  function checkDeclaration(item, composition) {
    const id = item?.id;
    if (typeof id !== "string" || id === "") {
      problems.push({
        variable: null,
        expected: "id",
        value: item,
        composition,
        message: `a variable declared by composition '${composition}' has no id`,
      });
      return false;
    }
    if (!TYPES.includes(item.type)) {
      problems.push({
        variable: id,
        expected: TYPES.join(" | "),
        value: item.type,
        composition,
        message: `variable '${id}' of composition '${composition}' has the unknown type ${JSON.stringify(item.type)}; allowed: ${TYPES.join(", ")}`,
      });
    } else if (item.type === "enum" && !Array.isArray(item.options)) {
      problems.push({
        variable: id,
        expected: "options",
        value: item.options,
        composition,
        message: `variable '${id}' of composition '${composition}' is an enum without options`,
      });
    }
    return true;
  }

  function parseValues(text, composition) {
    if (text === null || text === undefined || text.trim() === "") return {};
    const values = parseJson(text, "data-variable-values", composition);
    if (values !== null && typeof values === "object" && !Array.isArray(values)) return values;
    if (values !== null) {
      problems.push({
        variable: null,
        expected: "object",
        value: values,
        composition,
        message: `data-variable-values of composition '${composition}' is not an object: write {"id": value}`,
      });
    }
    return {};
  }

  // A scope is one composition instance's variables. *declarations* are attribute texts, the later
  // ones adding to the earlier; *overrides* is an object or an attribute text.
  function scope({ composition, declarations, overrides, where }) {
    const declared = new Map();
    for (const text of declarations) {
      for (const item of parseDeclarations(text, composition)) declared.set(item.id, item);
    }
    const given = typeof overrides === "string" ? parseValues(overrides, composition) : overrides;
    const values = {};
    for (const [id, item] of declared) if (own(item, "default")) values[id] = item.default;
    Object.assign(values, given ?? {});
    const made = { composition, declared, overrides: given ?? {}, values, where };
    scopes.push(made);
    return made;
  }

  const enumValues = (item) =>
    (Array.isArray(item.options) ? item.options : []).map((option) =>
      option !== null && typeof option === "object" ? option.value : option,
    );

  function fits(item, value) {
    switch (item.type) {
      case "number":
        return typeof value === "number" && Number.isFinite(value);
      case "boolean":
        return typeof value === "boolean";
      case "color":
        return typeof value === "string" && CSS.supports("color", value);
      case "enum":
        return enumValues(item).includes(value);
      case "image":
        return typeof value === "string" || typeof value?.url === "string";
      case "font":
        return typeof value === "string" || typeof (value?.family ?? value?.name) === "string";
      case "string":
        return typeof value === "string";
      default:
        return true;
    }
  }

  function expectation(item) {
    if (item.type === "enum") return `one of ${JSON.stringify(enumValues(item))}`;
    if (item.type === "color") return "color (a CSS colour)";
    return item.type;
  }

  function checkScope({ composition, declared, overrides, where }) {
    const found = [];
    const place = where ? `${where} of composition '${composition}'` : "the render's variables";
    const add = (variable, expected, value, message) =>
      found.push({ variable, expected, value, message, composition });
    for (const [id, value] of Object.entries(overrides)) {
      const item = declared.get(id);
      if (item === undefined) {
        const known = [...declared.keys()].join(", ") || "none";
        const text = `variable '${id}' (given by ${place}) is not declared; declared: ${known}`;
        add(id, "a declared variable", value, text);
      } else if (!fits(item, value)) {
        const text = `variable '${id}' (given by ${place}) must be ${expectation(item)}, not ${JSON.stringify(value)}`;
        add(id, expectation(item), value, text);
      }
    }
    for (const [id, item] of declared) {
      if (own(item, "default") && TYPES.includes(item.type) && !fits(item, item.default)) {
        const text = `the default of variable '${id}' in composition '${composition}' must be ${expectation(item)}, not ${JSON.stringify(item.default)}`;
        add(id, expectation(item), item.default, text);
      }
    }
    return found;
  }

  // What a value is as text: scalars only, an image's url, a font's family.
  function asText(value) {
    if (["string", "number", "boolean"].includes(typeof value)) return String(value);
    if (typeof value?.url === "string") return value.url;
    const family = value?.family ?? value?.name;
    return typeof family === "string" ? family : null;
  }

  const slug = (id) => id.toLowerCase().replace(/[^a-z0-9-]/g, "-");

  function style(of, elements) {
    for (const [id, value] of Object.entries(of.values)) {
      const text = asText(value);
      if (text === null) continue;
      for (const element of elements) {
        element.style.setProperty(`--hf-var-${slug(id)}`, text);
        // The format's older, shorter names: the id as it is, and its slug.
        for (const name of new Set([id, slug(id)])) {
          element.style.setProperty(`--${name}`, text);
        }
      }
    }
  }

  function bindText(element, text) {
    if (element.firstElementChild === null) {
      element.textContent = text;
      return;
    }
    // Element children stay: only the element's own words are replaced.
    const nodes = [...element.childNodes].filter(
      (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "",
    );
    const [first, ...rest] = nodes;
    if (first) first.data = text;
    else element.prepend(text);
    for (const node of rest) node.remove();
  }

  function bindSource(element, written, file) {
    const url = file ? F.assets.resolve(written, file) : written;
    if (element instanceof SVGElement && !element.hasAttribute("src")) {
      element.setAttribute("href", url);
      return;
    }
    element.setAttribute("src", url);
    const media = element.parentElement;
    if (element instanceof HTMLSourceElement && media instanceof HTMLMediaElement) media.load();
  }

  function bindElement(element, of) {
    if (bound.has(element)) return;
    bound.add(element);
    const textId = element.getAttribute("data-var-text");
    const sourceId = element.getAttribute("data-var-src");
    if (textId !== null && own(of.values, textId)) {
      const text = asText(of.values[textId]);
      if (text !== null) bindText(element, text);
    }
    if (sourceId !== null && own(of.values, sourceId)) {
      const url = asText(of.values[sourceId]);
      if (url !== null && url !== "") bindSource(element, url, of.file);
    }
  }

  function bind(node, of) {
    for (const element of node.querySelectorAll("[data-var-text], [data-var-src]")) {
      bindElement(element, inlineScope(element, node) ?? of);
    }
  }

  // ---- the page's own composition, and those written inline in it --------------------------
  let page = null;
  const inline = new WeakMap();
  const pageRoot = () => document.querySelector("[data-composition-id]");

  function pageScope() {
    const root = pageRoot();
    const html = document.documentElement;
    const texts = [html, root].map(
      (element) => element?.getAttribute("data-composition-variables") ?? null,
    );
    const key = texts.join("\0");
    if (page === null || page.key !== key) {
      scopes.splice(0, scopes.length, ...scopes.filter((known) => known !== page?.scope));
      const composition = root?.getAttribute("data-composition-id") ?? "main";
      const overrides = config.variables ?? {};
      page = { key, scope: scope({ composition, declarations: texts, overrides, where: null }) };
    }
    return page.scope;
  }

  // An inline composition has variables of its own only if it says so; else it is part of the
  // composition around it.
  function inlineScope(element, limit) {
    const selector =
      "[data-composition-id][data-composition-variables]," +
      "[data-composition-id][data-variable-values]";
    const found = element.closest?.(selector);
    if (!found || found === limit || found === pageRoot()) return null;
    if (found.hasAttribute("data-composition-src") || found.hasAttribute("data-fanreel-root")) {
      return null;
    }
    if (limit instanceof Element && !limit.contains(found)) return null;
    if (!inline.has(found)) {
      inline.set(
        found,
        scope({
          composition: found.getAttribute("data-composition-id"),
          declarations: [found.getAttribute("data-composition-variables")],
          overrides: found.getAttribute("data-variable-values") ?? "",
          where: "data-variable-values",
        }),
      );
      style(inline.get(found), [found]);
    }
    return inline.get(found);
  }

  function scopeOf(element) {
    const instance = F.nesting?.instanceOf?.(element);
    return inlineScope(element, instance?.host ?? document) ?? instance?.scope ?? pageScope();
  }

  function getVariables(of) {
    const script = document.currentScript;
    const found = of ?? (script ? scopeOf(script) : pageScope());
    return structuredClone(found.values);
  }

  // The parser may still be writing into an element: it is whole once something follows it.
  function isWhole(element) {
    if (document.readyState !== "loading") return true;
    for (let node = element; node; node = node.parentNode) if (node.nextSibling) return true;
    return false;
  }

  let waiting = [];
  const styled = new Set();
  function stylePage() {
    const targets = [document.documentElement, pageRoot()].filter(
      (element) => element && !styled.has(element),
    );
    const hasAny = Object.keys(pageScope().values).length > 0;
    if (!hasAny || targets.length === 0) return;
    for (const target of targets) styled.add(target);
    style(pageScope(), targets);
  }

  function collect(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (node.matches("[data-var-text], [data-var-src]")) waiting.push(node);
    waiting.push(...node.querySelectorAll("[data-var-text], [data-var-src]"));
    for (const found of [node, ...node.querySelectorAll("[data-composition-id]")]) {
      if (found.matches("[data-composition-id]")) inlineScope(found, document);
    }
  }

  // Mutation records are delivered before the parser runs the next script, so bindings are in
  // place when scripts look at them.
  const observer = new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) collect(node);
    stylePage();
    if (waiting.length > 0) bindWaiting();
  });

  function bindWaiting() {
    const later = [];
    for (const element of waiting) {
      if (!element.isConnected) continue;
      if (isWhole(element)) bindElement(element, scopeOf(element));
      else later.push(element);
    }
    waiting = later;
  }

  observer.observe(document, { childList: true, subtree: true });
  document.addEventListener(
    "DOMContentLoaded",
    () => {
      stylePage();
      bindWaiting();
    },
    { once: true, capture: true },
  );

  const hyperframes = { getVariables: () => getVariables() };
  Object.defineProperty(globalThis, "__hyperframes", {
    get: () => hyperframes,
    // A composition may bring a shim of its own for opening it in a plain browser; ours stays.
    set: (value) => {
      for (const [name, item] of Object.entries(value ?? {})) {
        if (name !== "getVariables") hyperframes[name] = item;
      }
    },
    configurable: true,
  });
  globalThis.__hfVariables = structuredClone(config.variables ?? {});

  function check() {
    pageScope();
    return [...problems, ...scopes.flatMap(checkScope)];
  }

  function declared() {
    pageScope();
    return scopes.flatMap(({ composition, declared: items }) =>
      [...items.values()].map((item) => ({ composition, ...item })),
    );
  }

  F.variables = { scope, bind, style, getVariables, check, declared, isWhole };
})();
