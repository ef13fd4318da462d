// Where a relative URL written in a nested composition file points to.
//
//   await F.assets.resolve(reference, fileUrl)   the reference to use in this document
//   await F.assets.rebase(fragment, fileUrl)     rewrites every reference below a node
//   await F.assets.rebaseCss(text, place)        rewrites url() and @import in style sheet text
//   F.assets.nameOf(url)                         its project path, for messages
//   F.assets.compositionUrl(reference)           of data-composition-src: from the project root
//
// HyperFrames docs: paths resolve from the project root; `../x` is relative to the file that says
// it, and so is a plain `x` when the file has such a neighbour. `config.files` (project paths) says
// what exists; without it the server is asked. `config.root` is the project's path on the server.
(() => {
  const F = globalThis.__fanreel;
  const config = F.config;
  const fetchReal = F.real.fetch;
  const listed = Array.isArray(config.files) ? new Set(config.files) : null;
  const root = new URL(config.root ?? "/", location.origin);
  const asked = new Map();
  // Neither a scheme nor a rooted path, a fragment or a query.
  const RELATIVE = /^(?![a-z][a-z0-9+.-]*:|[/#?]|$)/i;
  const UPWARD = /^(\.\/)*\.\.\//;
  const ATTRIBUTES = ["src", "href", "poster", "data", "xlink:href"];

  function exists(url) {
    if (url.origin !== location.origin) return Promise.resolve(false);
    if (listed) {
      const path = decodeURIComponent(url.pathname);
      return Promise.resolve(listed.has(path.slice(root.pathname.length)));
    }
    if (!asked.has(url.pathname)) {
      const answer = fetchReal(url.pathname, { method: "HEAD" }).then(
        (response) => response.ok,
        () => false,
      );
      asked.set(url.pathname, answer);
    }
    return asked.get(url.pathname);
  }

  async function target(reference, fileUrl) {
    const beside = new URL(reference, fileUrl);
    const fromRoot = new URL(reference, root);
    if (beside.href === fromRoot.href || UPWARD.test(reference)) return beside;
    return (await exists(beside)) ? beside : fromRoot;
  }

  async function resolve(reference, fileUrl) {
    const trimmed = reference.trim();
    if (!RELATIVE.test(trimmed)) return reference;
    const url = await target(trimmed, fileUrl);
    const unchanged = new URL(trimmed, document.baseURI).href === url.href;
    return unchanged ? reference : url.pathname + url.search + url.hash;
  }

  const CSS_TOKEN =
    /\/\*[^]*?\*\/|url\(\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|[^"'()\\\s])*))\s*\)|@import\s+(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/gi;

  async function rebaseCss(text, place) {
    const found = [];
    for (const match of text.matchAll(CSS_TOKEN)) {
      const reference = match.slice(1).find((group) => group !== undefined);
      if (reference && RELATIVE.test(reference)) found.push({ match, reference });
    }
    const targets = await Promise.all(found.map((item) => place(item.reference)));
    let result = "";
    let end = 0;
    found.forEach(({ match, reference }, index) => {
      if (targets[index] === reference) return;
      const quoted = `"${targets[index].replace(/["\\]/g, "\\$&")}"`;
      const isImport = match[0].startsWith("@");
      result += text.slice(end, match.index) + (isImport ? `@import ${quoted}` : `url(${quoted})`);
      end = match.index + match[0].length;
    });
    return result + text.slice(end);
  }

  async function rebaseSrcset(text, fileUrl) {
    const candidates = text.match(/\S+(?:\s+[^,]+)?(?=\s*(?:,|$))/g) ?? [];
    const parts = await Promise.all(
      candidates.map(async (candidate) => {
        const [reference, ...descriptor] = candidate.replace(/^,/, "").trim().split(/\s+/);
        return [await resolve(reference, fileUrl), ...descriptor].join(" ");
      }),
    );
    return parts.join(", ");
  }

  async function rebaseAttribute(element, name, rewrite) {
    const value = element.getAttribute(name);
    if (value === null) return;
    const rewritten = await rewrite(value);
    if (rewritten !== value) element.setAttribute(name, rewritten);
  }

  function rebaseElement(element, fileUrl) {
    const place = (reference) => resolve(reference, fileUrl);
    const jobs = ATTRIBUTES.filter(
      (name) => element.hasAttribute(name) && !(name === "data" && element.localName !== "object"),
    ).map((name) => rebaseAttribute(element, name, (value) => resolve(value, fileUrl)));
    if (element.hasAttribute("srcset")) {
      jobs.push(rebaseAttribute(element, "srcset", (value) => rebaseSrcset(value, fileUrl)));
    }
    if (element.getAttribute("style")?.includes("url(")) {
      jobs.push(rebaseAttribute(element, "style", (value) => rebaseCss(value, place)));
    }
    if (element.localName === "style") {
      const rewrite = async () => {
        const text = await rebaseCss(element.textContent, place);
        if (text !== element.textContent) element.textContent = text;
      };
      jobs.push(rewrite());
    }
    if (element.localName === "template") jobs.push(rebase(element.content, fileUrl));
    return Promise.all(jobs);
  }

  function rebase(fragment, fileUrl) {
    const selector = `[src],[href],[poster],[srcset],[style],[*|href],object[data],style,template`;
    const elements = [...fragment.querySelectorAll(selector)];
    return Promise.all(elements.map((element) => rebaseElement(element, fileUrl)));
  }

  function compositionUrl(reference) {
    return new URL(reference.trim().replace(/^\/+/, "").replace(UPWARD, ""), root).href;
  }

  // A project path, for messages.
  function nameOf(url) {
    const { origin, pathname } = new URL(url, root);
    if (origin !== location.origin || !pathname.startsWith(root.pathname)) return url;
    return decodeURIComponent(pathname.slice(root.pathname.length));
  }

  F.assets = { nameOf, resolve, rebase, rebaseCss, compositionUrl };
})();
