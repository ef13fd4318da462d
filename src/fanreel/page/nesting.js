// Mounts nested compositions: `<div data-composition-src="compositions/card.html" ...>`.
//
// Interface for the other parts of the page:
//   F.nesting.mounted      Promise: every host known so far is mounted and its scripts have run.
//                          A getter: ask again after awaiting, a script may have added hosts.
//   F.nesting.pending      ["compositions/card.html: fetching", ...]: what `mounted` waits for.
//   F.nesting.instances    One entry per mounted host and per inline nested composition, in
//                          document order, parents before children:
//     key        "n1", "n2", ...: unique, the same in every run of the page
//     host       the element that places it (data-start, data-duration, data-playback-rate,
//                data-playback-start are its attributes)
//     root       the composition's own element below the host; the host itself when the file has
//                none, or when the composition is written inline
//     id, ids    composition id; ids also holds the host's, where the two differ
//     timelines  this instance's registry {id: timeline}; never shared by two mounts of one file
//     parent     the instance around it, null in the page's own composition
//     inline     true for `data-composition-id` without a file
//     rate, offsetS   of the host: playback rate and data-playback-start in seconds
//     width, height   content size in CSS pixels, from root or host; null when neither says
//     url        of the file; null for inline ones
//   F.nesting.timelineOf(instance)  the timeline that plays the instance, or null
//   F.nesting.owners       WeakMap timeline -> instance; window.__timelines also lists these, so
//                          whoever walks window.__timelines skips timelines that have an owner.
//   F.nesting.isRoot(el)   el is an instance's own root: a composition, not a clip of its host.
//   F.nesting.instanceOf(el)  the instance whose content el is (a host is its parent's content).
//   F.nesting.errors       [{element, message, url, instance, script}]; *script*: of its own code
//   F.nesting.onmount      [callback(instances)]: called after hosts were mounted late.
(() => {
  const F = globalThis.__fanreel;
  const fetchReal = F.real.fetch;
  const HOSTS = "[data-composition-src]";
  const CLASSIC = /^(|(text|application)\/(x-)?(java|ecma)script|text\/(jscript|livescript))$/i;
  const errors = [];
  const waits = new Map();
  const files = new Map();
  const byHost = new Map();
  const byRoot = new WeakMap();
  let count = 0;

  const short = (url) => F.assets.nameOf(url);
  const numberOr = (text, fallback) => {
    const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : fallback;
  };

  function fail(instance, message, script = false) {
    const { host, url } = instance;
    errors.push({ element: F.nameOf(host), message, url, instance, script });
    console.error(`fanreel: ${message}`);
  }

  function waitFor(what, promise) {
    const token = Symbol(what);
    waits.set(token, what);
    return promise.finally(() => waits.delete(token));
  }

  // ---- reading a file ----------------------------------------------------------------------
  function read(url) {
    if (!files.has(url)) {
      const answer = fetchReal(url).then(async (response) => {
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        return response.text();
      });
      files.set(url, waitFor(`${short(url)}: fetching`, answer));
    }
    return files.get(url);
  }

  // The documented form is a <template> that transports everything; what stands outside it is the
  // file's own affair. A document whose composition is in its body, or a fragment, comes whole.
  function parse(text) {
    const doc = new DOMParser().parseFromString(text, "text/html");
    const template = doc.querySelector("[data-composition-id]") ? null : transport(doc);
    const fragment = document.createDocumentFragment();
    if (template) fragment.append(...template.content.childNodes);
    else fragment.append(...headParts(doc), ...doc.body.childNodes);
    const declared = [doc.documentElement, doc.body, template];
    return {
      fragment,
      declarations: declared.map((el) => el?.getAttribute("data-composition-variables") ?? null),
      shell: template ? null : { html: doc.documentElement, body: doc.body },
    };
  }

  function transport(doc) {
    const templates = [...doc.querySelectorAll("template")];
    const wraps = templates.find((item) => item.content.querySelector("[data-composition-id]"));
    if (wraps) return wraps;
    const visible = [...doc.body.children].filter(
      (element) => !/^(template|script|style|link|meta)$/.test(element.localName),
    );
    return templates.length === 1 && visible.length === 0 ? templates[0] : null;
  }

  const headParts = (doc) =>
    [...doc.head.children].filter(
      (element) =>
        /^(style|script)$/.test(element.localName) || element.matches('link[rel~="stylesheet" i]'),
    );

  // ---- building an instance ----------------------------------------------------------------
  function instanceOf(element) {
    for (let node = element.parentElement; node; node = node.parentElement) {
      if (byHost.has(node)) return byHost.get(node);
    }
    return null;
  }

  function ancestry(parent) {
    const chain = [];
    for (let node = parent; node; node = node.parent) chain.push(node);
    return chain;
  }

  const makeInstance = (host, url) => {
    const parent = instanceOf(host);
    count += 1;
    return {
      key: `n${count}`,
      host,
      url,
      parent,
      root: host,
      inline: url === null,
      depth: ancestry(parent).filter((item) => !item.inline).length + 1,
      id: host.getAttribute("data-composition-id"),
      ids: [],
      timelines: {},
      renames: new Map(),
      scope: null,
      get rate() {
        return Math.min(5, Math.max(0.1, numberOr(host.getAttribute("data-playback-rate"), 1)));
      },
      get offsetS() {
        const text =
          host.getAttribute("data-playback-start") ?? host.getAttribute("data-media-start");
        return numberOr(text, 0);
      },
      get width() {
        return sizeOf(this, "data-width");
      },
      get height() {
        return sizeOf(this, "data-height");
      },
    };
  };

  const sizeOf = ({ root, host }, name) => {
    const value = numberOr(root.getAttribute(name) ?? host.getAttribute(name), 0);
    return value > 0 ? value : null;
  };

  async function load(instance) {
    const chain = ancestry(instance.parent).map((item) => item.url);
    if (chain.includes(instance.url)) {
      const path = [...chain.filter(Boolean).reverse(), instance.url].map(short).join(" → ");
      fail(instance, `composition includes itself: ${path}; remove one of these data-composition-src`);
      return;
    }
    let text;
    try {
      text = await read(instance.url);
    } catch (error) {
      const path = instance.host.getAttribute("data-composition-src");
      fail(
        instance,
        `nested composition '${path}' could not be read (${error.message}); paths start at the project's root`,
      );
      return;
    }
    await fill(instance, parse(text), text);
  }

  async function fill(instance, { fragment, declarations, shell }, text) {
    const { host } = instance;
    instance.text = text;
    const root = fragment.querySelector("[data-composition-id]");
    if (root) {
      instance.root = root;
      root.setAttribute("data-fanreel-root", instance.key);
      byRoot.set(root, instance);
    }
    const inner = root?.getAttribute("data-composition-id") ?? null;
    instance.ids = [...new Set([inner, instance.id].filter((id) => id !== null))];
    instance.id = inner ?? instance.id;
    instance.scope = F.variables.scope({
      composition: instance.ids.join(" / ") || short(instance.url),
      declarations: [...declarations, root?.getAttribute("data-composition-variables") ?? null],
      overrides: host.getAttribute("data-variable-values") ?? "",
      where: "data-variable-values",
    });
    instance.scope.file = instance.url;
    if (shell) adoptShell(host, shell);
    stillScripts(fragment);
    await F.assets.rebase(fragment, instance.url);
    await F.variables.bind(fragment, instance.scope);
    await F.sheets.inline(fragment, instance);
    host.setAttribute("data-fanreel-host", instance.key);
    host.replaceChildren(fragment);
    F.sheets.scope(instance, host.querySelectorAll(F.sheets.selector));
    F.variables.style(instance.scope, instance.root === host ? [host] : [host, instance.root]);
    F.scopeScript.open(instance);
  }

  // A script parsed by innerHTML never starts by itself, not even when its host is moved later.
  function stillScripts(fragment) {
    for (const script of fragment.querySelectorAll("script")) {
      const holder = document.createElement("template");
      const still = document.createElement("div");
      holder.content.append(script.cloneNode(true));
      still.innerHTML = holder.innerHTML;
      script.replaceWith(still.firstChild);
    }
  }

  // A full document's <html> and <body> become the host: their classes and style come along.
  function adoptShell(host, { html, body }) {
    host.classList.add(...html.classList, ...body.classList);
    for (const source of [html, body]) {
      for (const name of source.style) {
        if (host.style.getPropertyValue(name) === "") {
          host.style.setProperty(name, source.style.getPropertyValue(name));
        }
      }
    }
  }

  // ---- scripts -----------------------------------------------------------------------------
  const libraries = new Map();
  const isComposition = (text) =>
    /__timelines|__hyperframes|getVariables|hyperframesAnime|data-composition/.test(text);

  function loadLibrary(url) {
    const present = [...document.scripts].some(
      (script) => script.src === url && !script.closest("[data-fanreel-host]"),
    );
    if (!libraries.has(url) && present) libraries.set(url, Promise.resolve());
    if (!libraries.has(url)) {
      const script = document.createElement("script");
      script.src = url;
      script.async = false;
      const ended = new Promise((resolve, reject) => {
        script.addEventListener("load", () => resolve());
        script.addEventListener("error", () => reject(new Error("could not be loaded")));
      });
      document.head.append(script);
      libraries.set(url, waitFor(`${url}: loading script`, ended));
    }
    return libraries.get(url);
  }

  async function runExternal(instance, element) {
    const url = new URL(element.getAttribute("src"), document.baseURI);
    const label = url.origin === location.origin ? short(url.href) : url.href;
    try {
      if (url.origin !== location.origin) return await loadLibrary(url.href);
      const code = await read(url.href);
      if (!isComposition(code)) return await loadLibrary(url.href);
      return runInline(instance, { code, element, name: label, line: 1, share: true });
    } catch (error) {
      fail(instance, `script ${label} of ${short(instance.url)}: ${error.message}`);
    }
  }

  function runInline(instance, script) {
    const error = F.scopeScript.run(instance, script);
    if (error) fail(instance, `${script.name}: ${nameOf(error)}${lineOf(error, script.name)}`, true);
  }

  const nameOf = (error) =>
    error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;

  function lineOf(error, name) {
    const place = String(error?.stack ?? "").split(`${name}:`)[1]?.match(/^\d+/)?.[0];
    return place ? ` (line ${place})` : "";
  }

  const lineIn = (instance, code) => {
    const at = code.trim() === "" ? -1 : instance.text.indexOf(code);
    return at < 0 ? 1 : instance.text.slice(0, at).split("\n").length;
  };

  async function runScript(instance, element, share) {
    if (!element.isConnected) return;
    if (element.hasAttribute("src")) await runExternal(instance, element);
    else {
      const code = element.textContent;
      const line = lineIn(instance, code);
      runInline(instance, { code, element, name: short(instance.url), line, share });
    }
  }

  const kindOf = (element) => {
    const type = (element.getAttribute("type") ?? "").trim().toLowerCase();
    if (type === "module" || type === "importmap") return type;
    return CLASSIC.test(type) && !element.hasAttribute("nomodule") ? "classic" : "data";
  };

  async function runScripts(instances) {
    const all = instances.flatMap((instance) =>
      [...instance.host.querySelectorAll("script")]
        .filter((element) => element.closest("[data-fanreel-host]") === instance.host)
        .map((element) => ({ instance, element, kind: kindOf(element) })),
    );
    all.sort((a, b) => (precedes(a.element, b.element) ? -1 : 1));
    for (const item of all) if (item.kind === "importmap") await F.modules.map(item);
    for (const item of all) {
      if (item.kind !== "classic") continue;
      const siblings = all.filter((other) => other.instance === item.instance);
      await runScript(item.instance, item.element, siblings.length > 1);
    }
    for (const item of all) {
      if (item.kind !== "module") continue;
      const failure = await F.modules.run(item);
      if (failure) fail(item.instance, failure, true);
    }
    for (const instance of instances) {
      for (const error of F.scopeScript.ready(instance)) {
        fail(instance, `${short(instance.url)}: ${nameOf(error)}${lineOf(error, short(instance.url))}`, true);
      }
    }
  }

  const precedes = (a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;

  // ---- mounting ----------------------------------------------------------------------------
  const unmounted = (node) =>
    [...node.querySelectorAll(HOSTS)].filter(
      (host) => !byHost.has(host) && host.getAttribute("data-composition-src").trim() !== "",
    );

  function register(host) {
    const url = F.assets.compositionUrl(host.getAttribute("data-composition-src"));
    const instance = makeInstance(host, url);
    byHost.set(host, instance);
    return instance;
  }

  // The whole tree's content comes first, its scripts after that, in document order.
  async function mountAll() {
    const mounted = [];
    for (let hosts = unmounted(document); hosts.length > 0; hosts = unmounted(document)) {
      const instances = hosts.map(register);
      // Fetched together, mounted one after the other: order decides keyframe names.
      for (const instance of instances) read(instance.url).catch(() => {});
      for (const instance of instances) await load(instance);
      mounted.push(...instances.filter((instance) => instance.scope !== null));
    }
    if (mounted.length > 0) await runScripts(mounted);
    return mounted;
  }

  let working = null;
  async function work() {
    for (let first = true; unmounted(document).length > 0 || first; first = false) {
      const mounted = await mountAll();
      if (!first || started) for (const callback of onmount) callback(mounted);
    }
    started = true;
  }

  let started = false;
  const onmount = [];
  function start() {
    working ??= work()
      .catch((error) => {
        errors.push({ element: "page", message: `mounting failed: ${error.message}`, url: null });
      })
      .finally(() => {
        working = null;
      });
    return working;
  }

  const parsed = new Promise((resolve) => {
    if (document.readyState !== "loading") resolve();
    else document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
  });
  parsed.then(() => {
    start();
    observer.observe(document, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["data-composition-src"],
    });
  });

  // Hosts and style sheets that scripts add.
  const observer = new MutationObserver((records) => {
    let hosts = false;
    for (const record of records) {
      hosts ||= record.type === "attributes" && !byHost.has(record.target);
      for (const node of record.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        hosts ||= node.matches(HOSTS) || node.querySelector(HOSTS) !== null;
        F.sheets.adopt(node, instanceOf);
      }
    }
    if (hosts && unmounted(document).length > 0) start();
  });

  // ---- what others ask ---------------------------------------------------------------------
  function inlineInstances() {
    const top = document.querySelector("[data-composition-id]");
    for (const element of document.querySelectorAll("[data-composition-id]")) {
      if (element === top || byHost.has(element) || byRoot.has(element)) continue;
      if (element.hasAttribute("data-composition-src")) continue;
      const instance = makeInstance(element, null);
      instance.ids = [instance.id];
      instance.timelines = instance.parent?.timelines ?? (globalThis.__timelines ??= {});
      byHost.set(element, instance);
    }
  }

  function listInstances() {
    inlineInstances();
    const live = [...byHost.values()].filter(
      ({ host, inline, scope }) => host.isConnected && (inline || scope !== null),
    );
    for (const instance of live) instance.parent = instanceOf(instance.host);
    return live.sort((a, b) => (precedes(a.host, b.host) ? -1 : 1));
  }

  function timelineOf({ ids, timelines, inline, key }) {
    for (const id of ids) if (timelines[id]) return timelines[id];
    if (inline) return globalThis.__timelines?.[ids[0]] ?? null;
    const all = Object.values(timelines).filter(Boolean);
    if (all.length === 1) return all[0];
    // Registered by a script that ran outside the instance (a library, a module of the page).
    for (const id of ids) {
      const same = [...byHost.values()].filter((other) => other.ids.includes(id));
      const found = globalThis.__timelines?.[id];
      if (found && same.length === 1 && same[0].key === key && !owners.has(found)) return found;
    }
    return null;
  }

  const owners = new WeakMap();
  F.nesting = {
    errors,
    onmount,
    owners,
    lastWritten: new Map(),
    timelineOf,
    instanceOf,
    read,
    fail,
    isComposition,
    lineOf: lineIn,
    isRoot: (element) => byRoot.has(element),
    get pending() {
      return [...waits.values()];
    },
    get instances() {
      return listInstances();
    },
    get mounted() {
      return parsed.then(async () => {
        while (working !== null || unmounted(document).length > 0) await start();
      });
    },
  };
})();
