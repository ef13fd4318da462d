// Runs a nested composition's scripts so that they see their own instance.
//
//   F.scopeScript.open(instance)             makes instance.realm: {document, window, run(...)}
//   F.scopeScript.within(instance, fn)       fn() with library look-ups inside the instance
//   F.scopeScript.query(instance, selector)  the instance's own elements
//   F.scopeScript.names                      what a module has to take from instance.realm.window
//
// Two mechanisms. The names a script writes itself (`document`, `window`, `gsap`, `__timelines`,
// timers) are parameters of the function it is evaluated in, so they hold in every callback, also
// after an await. What a library does on the script's behalf (GSAP and Anime.js resolve selector
// strings with the real document) is caught by `within`: while it runs, the real document's look-ups
// go to the instance.
(() => {
  const F = globalThis.__fanreel;
  const LOOKUPS = [
    "querySelector",
    "querySelectorAll",
    "getElementById",
    "getElementsByClassName",
    "getElementsByTagName",
    "getElementsByName",
  ];
  const real = Object.fromEntries(LOOKUPS.map((name) => [name, document[name].bind(document)]));
  const SCHEDULERS = ["setTimeout", "setInterval", "requestAnimationFrame", "queueMicrotask"];
  const PARAMETERS = [
    "document",
    "window",
    "self",
    "globalThis",
    "__timelines",
    "__hyperframes",
    ...SCHEDULERS,
    "requestIdleCallback",
    "fetch",
    "addEventListener",
  ];
  let current = null;

  function within(instance, callback) {
    const outer = current;
    current = instance;
    try {
      return callback();
    } finally {
      current = outer;
    }
  }

  // For code that cannot be passed as a function; gives what ends it.
  function enter(instance) {
    const outer = current;
    current = instance;
    return () => {
      current = outer;
    };
  }

  // ---- look-ups ----------------------------------------------------------------------------
  // The host itself is found too: it is the composition's box, and `body` for its scripts.
  function query(instance, selector) {
    const { host } = instance;
    const mapped = F.scopeCss.mapDocument(selector, instance);
    const below = host.querySelectorAll(mapped);
    if (host.matches(mapped)) return asNodeList([host, ...below]);
    return /^\s*head\b/i.test(selector) ? real.querySelectorAll(selector) : below;
  }

  function asNodeList(elements) {
    Object.defineProperty(elements, "item", { value: (index) => elements[index] ?? null });
    return elements;
  }

  const lookups = (instance) => ({
    querySelector: (selector) => query(instance, selector)[0] ?? null,
    querySelectorAll: (selector) => query(instance, selector),
    getElementById: (id) => query(instance, `#${CSS.escape(id)}`)[0] ?? null,
    getElementsByClassName: (names) => instance.host.getElementsByClassName(names),
    getElementsByTagName: (name) =>
      /^(html|body|head)$/i.test(name)
        ? query(instance, name)
        : instance.host.getElementsByTagName(name),
    getElementsByName: (name) => query(instance, `[name="${CSS.escape(name)}"]`),
  });

  for (const name of LOOKUPS) {
    Object.defineProperty(document, name, {
      value: (argument) =>
        current === null ? real[name](argument) : current.lookups[name](argument),
      configurable: true,
      writable: true,
    });
  }

  // ---- what an instance's script sees ----------------------------------------------------------
  // A native method wants its real receiver; constructors have a prototype and need none.
  function receiver(target) {
    const kept = new Map();
    return (name) => {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function" || Object.hasOwn(value, "prototype")) return value;
      if (kept.get(name)?.value !== value) kept.set(name, { value, bound: value.bind(target) });
      return kept.get(name).bound;
    };
  }

  function proxyOf(target, overrides, setters = {}) {
    const read = receiver(target);
    return new Proxy(target, {
      get: (_, name) => (Object.hasOwn(overrides, name) ? overrides[name] : read(name)),
      set: (_, name, value) => {
        if (Object.hasOwn(setters, name)) setters[name](value);
        else if (setters["*"]) setters["*"](name, value);
        else Reflect.set(target, name, value, target);
        return true;
      },
    });
  }

  // `DOMContentLoaded` and `load` are long past: such listeners run when the instance's scripts have.
  function listen(target, instance) {
    return (type, listener, options) => {
      const late = type === "DOMContentLoaded" || (type === "load" && target === window);
      if (late) instance.onready.push(() => callListener(listener, type, instance));
      else target.addEventListener(type, scoped(instance, listener), options);
    };
  }

  function callListener(listener, type, instance) {
    const event = new Event(type);
    if (typeof listener === "function") listener.call(instance.realm.window, event);
    else listener?.handleEvent?.(event);
  }

  const wrappers = new WeakMap();
  function scoped(instance, callback) {
    if (typeof callback !== "function") return callback;
    const known = wrappers.get(callback);
    if (known?.instance === instance) return known.wrapper;
    const wrapper = function (...args) {
      return within(instance, () => callback.apply(this, args));
    };
    wrappers.set(callback, { instance, wrapper });
    return wrapper;
  }

  function documentOf(instance) {
    const { host } = instance;
    const overrides = {
      ...instance.lookups,
      addEventListener: listen(document, instance),
      removeEventListener: (type, listener, options) =>
        document.removeEventListener(type, wrappers.get(listener)?.wrapper ?? listener, options),
      createElement: (...args) => tagSheet(instance, document.createElement(...args)),
      createElementNS: (...args) => tagSheet(instance, document.createElementNS(...args)),
    };
    const getters = {
      body: () => host,
      documentElement: () => host,
      currentScript: () => instance.currentScript,
      defaultView: () => instance.realm.window,
    };
    for (const [name, get] of Object.entries(getters)) {
      Object.defineProperty(overrides, name, { get, enumerable: true });
    }
    return proxyOf(document, overrides);
  }

  // A style sheet made by an instance's script is scoped wherever it is inserted.
  function tagSheet(instance, element) {
    if (/^(style|link)$/i.test(element.localName)) F.sheets.owners.set(element, instance);
    return element;
  }

  const timelineBoxes = new WeakMap();
  // `window.__timelines[id] = timeline` lands in the instance's registry and in the page's.
  function registry(instance, object) {
    if (!timelineBoxes.has(object)) {
      const box = new Proxy(object, {
        // Other compositions' are visible by their names, as they are on one page.
        get: (target, id) => (id in target ? target[id] : globalThis.__timelines?.[id]),
        set: (target, id, timeline) => {
          target[id] = timeline;
          publish(instance, id, timeline);
          return true;
        },
      });
      timelineBoxes.set(object, box);
    }
    return timelineBoxes.get(object);
  }

  function publish(instance, id, timeline) {
    globalThis.__timelines ??= {};
    globalThis.__timelines[id] = timeline;
    if (timeline !== null && typeof timeline === "object") F.nesting.owners.set(timeline, instance);
  }

  function windowOf(instance) {
    const written = new Map();
    const hyperframes = new Proxy(globalThis.__hyperframes, {
      get: (target, name) =>
        name === "getVariables" ? () => F.variables.getVariables(instance.scope) : target[name],
    });
    const overrides = {
      addEventListener: listen(window, instance),
      removeEventListener: (type, listener, options) =>
        window.removeEventListener(type, wrappers.get(listener)?.wrapper ?? listener, options),
      fetch: (input, init) => fetchFrom(instance, input, init),
    };
    for (const name of SCHEDULERS) overrides[name] = scheduler(instance, name);
    overrides.requestIdleCallback = scheduler(instance, "requestIdleCallback");
    const getters = {
      document: () => instance.realm.document,
      __timelines: () => registry(instance, instance.timelines),
      __hyperframes: () => hyperframes,
      gsap: () => scopedLibrary(instance, globalThis.gsap),
      ...Object.fromEntries(
        ["window", "self", "globalThis", "frames"].map((name) => [
          name,
          () => instance.realm.window,
        ]),
      ),
    };
    for (const [name, get] of Object.entries(getters)) {
      Object.defineProperty(overrides, name, { get, enumerable: true });
    }
    const setters = {
      __timelines: (value) => {
        const entries = Object.entries(value ?? {});
        if (value === timelineBoxes.get(instance.timelines)) return;
        instance.timelines = value ?? {};
        for (const [id, timeline] of entries) publish(instance, id, timeline);
      },
      __hyperframes: () => {},
      onload: (listener) => instance.onready.push(() => callListener(listener, "load", instance)),
      // Libraries read globals, so a write reaches the page; the instance keeps reading its own, as
      // long as only instances have written that name.
      "*": (name, value) => {
        globalThis[name] = value;
        written.set(name, value);
        F.nesting.lastWritten.set(name, value);
      },
    };
    const base = proxyOf(window, overrides, setters);
    return new Proxy(base, {
      get: (target, name) => {
        if (written.has(name) && F.nesting.lastWritten.get(name) === globalThis[name]) {
          return written.get(name);
        }
        return target[name];
      },
      set: (target, name, value) => Reflect.set(target, name, value),
    });
  }

  const scheduler =
    (instance, name) =>
    (callback, ...args) =>
      globalThis[name](scoped(instance, callback), ...args);

  function fetchFrom(instance, input, init) {
    const target = typeof input === "string" ? F.assets.resolve(input, instance.url) : input;
    return globalThis.fetch(target, init);
  }

  // ---- GSAP: its timelines are used long after the script that made them ------------------------
  const libraries = new WeakMap();
  function scopedLibrary(instance, library) {
    if (!library) return library;
    const known = libraries.get(instance)?.get(library);
    if (known) return known;
    const proxy = new Proxy(library, {
      get: (target, name) => {
        const value = target[name];
        if (name === "utils") return scopedLibrary(instance, value);
        if (typeof value !== "function") return value;
        // The same value every time, and one that a plugin may still ask for its properties.
        return scopedFunction(instance, value, target);
      },
    });
    if (!libraries.has(instance)) libraries.set(instance, new WeakMap());
    libraries.get(instance).set(library, proxy);
    return proxy;
  }

  const functions = new WeakMap();
  function scopedFunction(instance, value, target) {
    if (!functions.has(instance)) functions.set(instance, new WeakMap());
    const known = functions.get(instance);
    if (!known.has(value)) {
      known.set(
        value,
        new Proxy(value, {
          apply: (fn, self, args) => {
            const result = within(instance, () =>
              fn.apply(self === undefined ? self : target, args),
            );
            return isTimeline(result) ? scopedTimeline(instance, result) : result;
          },
        }),
      );
    }
    return known.get(value);
  }

  const isTimeline = (value) => typeof value?.fromTo === "function" && "getChildren" in value;

  function scopedTimeline(instance, timeline) {
    if (Object.hasOwn(timeline, "fromTo")) return timeline;
    for (const name of [
      "to",
      "from",
      "fromTo",
      "set",
      "add",
      "call",
      "seek",
      "time",
      "totalTime",
    ]) {
      const method = timeline[name];
      if (typeof method !== "function") continue;
      Object.defineProperty(timeline, name, {
        value(...args) {
          return within(instance, () => method.apply(this, args));
        },
        configurable: true,
        writable: true,
      });
    }
    return timeline;
  }

  // ---- evaluation --------------------------------------------------------------------------
  // One generator per instance: what a sloppy direct eval declares with `var` or `function` stays
  // in the generator's own scope, so an instance's scripts share it as scripts of a page do, and no
  // two instances meet.
  function evaluator(instance) {
    const values = PARAMETERS.map((name) => instance.realm.window[name]);
    const body = "return (function* () { for (;;) eval(yield); }).call(window)";
    const start = new Function(...PARAMETERS, body);
    const loop = start.apply(undefined, values);
    loop.next();
    return loop;
  }

  // `const`, `let` and `class` at the top level of one script are visible in the next one, which
  // eval does not give: they become `var` where an instance has several scripts.
  function shareDeclarations(code) {
    const found = F.topLevel?.(code) ?? [];
    let result = "";
    let end = 0;
    for (const { at, length, replacement } of found) {
      result += code.slice(end, at) + replacement;
      end = at + length;
    }
    return result + code.slice(end);
  }

  function run(instance, { code, element, name, line, share }) {
    const source = (share ? shareDeclarations(code) : code).replaceAll("\0", "");
    const padded = `${"\n".repeat(Math.max(line - 1, 0))}${source}\n//# sourceURL=${name}`;
    const { realm } = instance;
    realm.loop ??= evaluator(instance);
    instance.currentScript = element;
    try {
      // Not a parameter: it may come with a library that an earlier script loads.
      if (globalThis.gsap) realm.loop.next("var gsap = window.gsap;");
      within(instance, () => realm.loop.next(padded));
      return null;
    } catch (error) {
      realm.loop = null; // a generator that threw is finished
      return error;
    } finally {
      instance.currentScript = null;
    }
  }

  function open(instance) {
    instance.onready = [];
    instance.currentScript = null;
    instance.lookups = lookups(instance);
    instance.realm = { loop: null };
    instance.realm.document = documentOf(instance);
    instance.realm.window = windowOf(instance);
  }

  // The listeners that waited for the document, run once the instance's scripts have.
  function ready(instance) {
    const failures = [];
    for (const call of instance.onready.splice(0)) {
      try {
        within(instance, call);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  F.scopeScript = { open, run, ready, within, enter, query, names: PARAMETERS };
})();
