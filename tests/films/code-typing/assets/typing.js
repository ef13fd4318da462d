const lines = [
	[["c", "// a tiny server"]],
	[["k", "import"], ["", " http "], ["k", "from"], ["s", " \"node:http\""], ["", ";"]],
	[],
	[["k", "const"], ["", " app = http."], ["f", "createServer"], ["", "((req, res) => {"]],
	[["", "\tres."], ["f", "writeHead"], ["", "("], ["n", "200"], ["", ");"]],
	[["", "\tres."], ["f", "end"], ["", "("], ["s", "`Hello ${req.url}`"], ["", ");"]],
	[["", "});"]],
	[],
	[["", "app."], ["f", "listen"], ["", "("], ["n", "3000"], ["", ");"]],
];
const pre = document.getElementById("code");
const caret = document.createElement("span");
caret.id = "caret";
const letters = [];
for (const line of lines) {
	for (const [kind, text] of line) {
		for (const letter of text) {
			const span = document.createElement("span");
			span.className = kind;
			span.textContent = letter;
			pre.append(span);
			letters.push(span);
		}
	}
	pre.append("\n");
}
pre.append(caret);
const timeline = gsap.timeline({ paused: true });
letters.forEach((letter, index) => {
	timeline.set(letter, { opacity: 1 }, 0.4 + index * 0.028);
	timeline.call(() => letter.after(caret), null, 0.4 + index * 0.028);
});
timeline.from(".window", { y: 40, opacity: 0, duration: 0.4, ease: "power2.out" }, 0);
timeline.from("#toast", { x: 80, opacity: 0, duration: 0.5, ease: "back.out(1.4)" }, 5);
timeline.to({}, { duration: 7 }, 0);
window.__timelines = { ...(window.__timelines ?? {}), "code-typing": timeline };
