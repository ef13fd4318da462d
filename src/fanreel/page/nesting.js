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
//   F.nesting.fail(instance, message, script?)  adds to the errors
//   F.nesting.errors       [{element, message, url, instance, script}]; *script*: of its own code
//   F.nesting.onmount      [callback(instances)]: called after hosts were mounted late.
(() => {
  const F = globalThis.__fanreel;
  const HOSTS = "[data-composition-src]";
  const HOST_KEY = "data-fanreel-host";
  const ROOT_KEY = "data-fanreel-root";
  const errors = [];
  const onmount = [];
  const byHost = new Map();
  const byRoot = new WeakMap();
  const owners = new WeakMap();
  let count = 0;

  const numberOr = (text, fallback) => {
    const value =
      text === null || text.trim() === "" ? Number.NaN : Number(text.replace(/px$/, ""));
    return Number.isFinite(value) ? value : fallback;
  };

  function fail(instance, message, script = false) {
    const { host, url } = instance;
    F.about(host, `${F.nameOf(host)}: ${message}`);
    errors.push({ element: F.nameOf(host), message, url, instance, script });
    console.error(`fanreel: ${message}`);
  }

  // ---- instances ---------------------------------------------------------------------------
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

  function makeInstance(host, url) {
    const parent = instanceOf(host);
    count += 1;
    return {
      key: `n${count}`,
      host,
      url,
      parent,
      root: host,
      renamedIds: new Map(),
      inline: url === null,
      depth: ancestry(parent).filter((item) => !item.inline).length + 1,
      id: host.getAttribute("data-composition-id"),
      ids: [],
      timelines: {},
      renames: new Map(),
      scope: null,
      get rate() {
        return Math.min(10, Math.max(0.1, numberOr(host.getAttribute("data-playback-rate"), 1)));
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
  }

  function sizeOf({ root, host }, name) {
    const value = numberOr(root.getAttribute(name) ?? host.getAttribute(name), 0);
    return value > 0 ? value : null;
  }

  const isSameFile = (a, b) => new URL(a).pathname === new URL(b).pathname;

  // ---- mounting ----------------------------------------------------------------------------
  function mount(instance) {
    const chain = ancestry(instance.parent).flatMap((item) => item.url ?? []);
    if (chain.some((url) => isSameFile(url, instance.url))) {
      const path = [...chain.reverse(), instance.url].map(F.assets.nameOf).join(" → ");
      fail(
        instance,
        `composition includes itself: ${path}; remove one of these data-composition-src`,
      );
      return;
    }
    let text;
    try {
      text = F.assets.read(instance.url);
    } catch (error) {
      const path = instance.host.getAttribute("data-composition-src");
      fail(
        instance,
        `nested composition '${path}' could not be read (${error.message}); paths start at the project's root`,
      );
      return;
    }
    fill(instance, F.compositionFile.parse(text), text);
  }

  function fill(instance, { fragment, declarations, shell }, text) {
    const { host, url } = instance;
    instance.text = text;
    const root = fragment.querySelector("[data-composition-id]");
    if (root) adoptRoot(instance, root);
    instance.scope = F.variables.scope({
      composition: instance.ids.join(" / ") || F.assets.nameOf(url),
      declarations: [...declarations, root?.getAttribute("data-composition-variables") ?? null],
      overrides: host.getAttribute("data-variable-values") ?? "",
      where: "data-variable-values",
    });
    instance.scope.file = url;
    if (shell) adoptShell(host, shell);
    F.assets.rebase(fragment, url);
    F.bindings.bind(fragment, instance.scope);
    F.sheets.inline(fragment, instance);
    F.uniqueIds.rename(fragment, instance);
    host.setAttribute(HOST_KEY, instance.key);
    host.replaceChildren(fragment);
    F.sheets.scope(instance, host.querySelectorAll(F.sheets.selector));
    F.hostBoxes.add(instance);
    F.bindings.style(instance.scope, new Set([host, instance.root]));
    F.scopedRealm.open(instance);
    const onload = shell?.body.getAttribute("onload");
    if (onload) F.scopedRealm.runWhenReady(instance, onload);
  }

  // The root's id is given up: by convention every root is called "root", and the page's rules for
  // its own would apply to all of them. Selectors of the file find it by its key. Host and root are
  // one composition, so its id is written once.
  function adoptRoot(instance, root) {
    const { host } = instance;
    const inner = root.getAttribute("data-composition-id");
    instance.root = root;
    if (root.id) instance.renamedIds.set(root.id, `[${ROOT_KEY}="${instance.key}"]`);
    instance.ids = [...new Set([inner, instance.id].filter((id) => id !== null))];
    instance.namedByFile = instance.id === null;
    if (instance.namedByFile) host.setAttribute("data-composition-id", inner);
    if (instance.id === null || instance.id === inner) root.removeAttribute("data-composition-id");
    instance.id = inner;
    root.removeAttribute("id");
    root.setAttribute(ROOT_KEY, instance.key);
    byRoot.set(root, instance);
  }

  // A full document's <html> and <body> become the host: their classes and style come along.
  function adoptShell(host, { html, body }) {
    const classes = [...html.classList, ...body.classList];
    if (classes.length > 0) host.classList.add(...classes);
    for (const source of [html, body]) {
      for (const name of source.style) {
        if (host.style.getPropertyValue(name) === "") {
          host.style.setProperty(name, source.style.getPropertyValue(name));
        }
      }
    }
  }

  const unmounted = () =>
    [...document.querySelectorAll(HOSTS)].filter(
      (host) =>
        !byHost.has(host) &&
        host.getAttribute("data-composition-src").trim() !== "" &&
        F.bindings.isWhole(host),
    );

  // Content comes as soon as the parser has left the host, so that the page's own scripts find it;
  // the scripts of nested files follow when the page's have run.
  let fresh = [];
  function mountAll() {
    for (let hosts = unmounted(); hosts.length > 0; hosts = unmounted()) {
      for (const host of hosts) {
        const url = F.assets.compositionUrl(host.getAttribute("data-composition-src"));
        const instance = makeInstance(host, url);
        byHost.set(host, instance);
        try {
          mount(instance);
        } catch (error) {
          fail(instance, `${F.assets.nameOf(url)} could not be mounted: ${error.message}`);
        }
        if (instance.scope !== null) fresh.push(instance);
      }
      stale = true;
    }
  }

  let working = null;
  let started = false;
  async function work() {
    await parsed;
    mountAll();
    while (fresh.length > 0) {
      const batch = fresh;
      fresh = [];
      await F.scripts.run(batch.filter(({ host }) => host.isConnected));
      if (started) for (const callback of onmount) callback(batch);
      mountAll();
    }
    started = true;
  }

  function start() {
    working ??= work()
      .catch((error) => {
        errors.push({
          element: "the page",
          message: `mounting failed: ${error.message}`,
          url: null,
        });
      })
      .finally(() => {
        working = null;
      });
    return working;
  }

  function note(records) {
    for (const { type, addedNodes, removedNodes } of records) {
      stale ||= type === "attributes" || removedNodes.length > 0;
      for (const node of addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        stale = true;
        F.sheets.adopt(node, instanceOf);
      }
    }
    if (!stale) return;
    mountAll();
    if (fresh.length > 0) start();
  }

  const observer = new MutationObserver(note);
  observer.observe(document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-composition-src", "data-composition-id"],
  });

  const parsed = new Promise((resolve) => {
    if (document.readyState !== "loading") resolve();
    else document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
  });
  start();

  // ---- what others ask ---------------------------------------------------------------------
  function findInline() {
    const top = document.querySelector("[data-composition-id]");
    for (const element of document.querySelectorAll("[data-composition-id]")) {
      if (element === top || byHost.has(element) || byRoot.has(element)) continue;
      if (element.hasAttribute("data-composition-src")) continue;
      const instance = makeInstance(element, null);
      instance.ids = [instance.id];
      byHost.set(element, instance);
    }
  }

  const precedes = (a, b) =>
    (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;

  // Asked for every frame, so kept while the document's elements stay the same.
  let stale = true;
  let listed = [];
  function instances() {
    note(observer.takeRecords());
    if (!stale) return listed;
    stale = false;
    mountAll();
    findInline();
    const live = [...byHost.values()].filter(
      ({ host, inline, scope }) => host.isConnected && (inline || scope !== null),
    );
    for (const instance of live) {
      instance.parent = instanceOf(instance.host);
      if (instance.inline)
        instance.timelines = instance.parent?.timelines ?? globalThis.__timelines ?? {};
    }
    listed = live.sort((a, b) => (precedes(a.host, b.host) ? -1 : 1));
    return listed;
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

  F.nesting = {
    errors,
    onmount,
    owners,
    fail,
    lastWritten: new Map(),
    timelineOf,
    instanceOf,
    isRoot: (element) => byRoot.has(element),
    get pending() {
      return F.scripts.pending;
    },
    get instances() {
      return instances();
    },
    get mounted() {
      return parsed.then(async () => {
        do await start();
        while (fresh.length > 0 || unmounted().length > 0);
      });
    },
  };
})();
