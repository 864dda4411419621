// Building the page's elements, and numbers as a person reads them. Nothing here makes markup from a string:
// names of runs, errors and logs are somebody else's text.

const byId = (id) => document.getElementById(id);
const SVG_SPACE = byId("mark").namespaceURI;

function dress(node, given, children) {
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (key === "style") for (const [name, each] of Object.entries(value)) node.style.setProperty(name, each);
    else if (key === "checked" || key === "value") node[key] = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined));
  return node;
}
const el = (tag, given = {}, ...children) => dress(document.createElement(tag), given, children);
const svg = (tag, given = {}, ...children) => dress(document.createElementNS(SVG_SPACE, tag), given, children);
const fill = (node, ...children) => node.replaceChildren(...children.flat().filter((each) => each !== null && each !== undefined));

/** Whether a part of the page is to show something else than at the last call. */
function isNews(node, content) {
  const before = node.dataset.content;
  node.dataset.content = JSON.stringify(content);
  return node.dataset.content !== before;
}

/** Options `[value, text, section]` of a select, the chosen one kept if it is still there; returns what is chosen. */
function options(select, entries, chosen) {
  const values = entries.map(([value]) => value);
  const value = values.includes(chosen) ? chosen : values[0] ?? "";
  if (isNews(select, [entries, value])) {
    const option = ([key, text]) => el("option", { value: key }, text ?? key);
    const sections = [...new Set(entries.map(([, , section]) => section))];
    fill(select, sections.map((section) => {
      const own = entries.filter((each) => each[2] === section).map(option);
      return section === undefined ? own : el("optgroup", { label: section }, own);
    }).flat());
    select.value = value;
  }
  return value;
}

/** `a2` before `a10`. */
const naturally = new Intl.Collator(undefined, { numeric: true }).compare;
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Decimals that give most of the values three digits, and within reason the narrowest interval one. */
function places(values, halves = []) {
  const sizes = values.filter(isNumber).map(Math.abs).filter((size) => size > 0).sort((a, b) => a - b);
  const usual = sizes.length ? Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(sizes[sizes.length >> 1])))) : 3;
  const narrowest = Math.min(...halves.filter((half) => isNumber(half) && half > 0));
  return Number.isFinite(narrowest) ? Math.max(usual, Math.min(usual + 2, 9, -Math.floor(Math.log10(narrowest)))) : usual;
}
function number(value, decimals) {
  if (!isNumber(value)) return "–";
  if (decimals === undefined) {
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
    return String(Number(value.toPrecision(4)));
  }
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text;
}
function seconds(value) {
  if (!isNumber(value)) return "–";
  if (value < 1) return `${Number((1000 * value).toPrecision(3))} ms`;
  if (value < 120) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  return value < 7200 ? `${(value / 60).toFixed(0)} min` : `${(value / 3600).toFixed(1)} h`;
}
function count(value) {
  if (!isNumber(value)) return "–";
  for (const [size, unit] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]]) if (value >= size) return Number((value / size).toPrecision(3)) + unit;
  return value.toFixed(0);
}
const bytes = (value) => (!isNumber(value) ? "–" : value >= 2 ** 30 ? `${(value / 2 ** 30).toFixed(1)} GiB` : `${(value / 2 ** 20).toFixed(0)} MiB`);
const pValue = (p) => (!isNumber(p) ? "–" : p < 0.001 ? "< 0.001" : p.toFixed(3));
const effectSize = (d) => (!isNumber(d) ? "–" : d > 100 ? "> 100" : d.toFixed(d < 1 ? 2 : d < 10 ? 1 : 0));
const many = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
const setting = (value) => (value === null || value === undefined ? "–" : typeof value === "number" ? number(value) : String(value));

/** Text for plotly, which reads a little markup in every string it draws. */
const safe = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const short = (text, most = 34) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** `test[image+text]/digit/accuracy` taken apart. */
function metricParts(name) {
  const found = /^(\w+)(?:\[([^\]]*)\])?\/(.+)$/.exec(name);
  if (!found) return { split: "", subset: null, task: "", metric: name };
  const cut = found[3].indexOf("/");
  return {
    split: found[1],
    subset: found[2] === undefined ? null : found[2].split("+"),
    task: cut < 0 ? "" : found[3].slice(0, cut),
    metric: cut < 0 ? found[3] : found[3].slice(cut + 1),
  };
}
/** `digit accuracy`, with the split in front of it if it is not the test. */
function metricTitle(name) {
  const { split, subset, task, metric } = metricParts(name);
  const where = split === "test" || split === "" ? "" : `${split} `;
  const with_ = subset ? ` with ${subset.join(" + ")}` : "";
  return `${where}${task ? `${task} ` : ""}${metric.replaceAll("_", " ")}${with_}`;
}

const CURVES = [
  [/^val\/monitor$/, () => ["what chooses checkpoints", "Validation"]],
  [/^step\/cosine\/(.+)~(.+)$/, (a, b) => [`gradient cosine, ${a} and ${b}`, "Balance between tasks"]],
  [/^step\/(.+)\/weight$/, (task) => [`weight of ${task}`, "Balance between tasks"]],
  [/^step\/(.+)\/gradient_norm$/, (task) => [`gradient norm of ${task}`, "Balance between tasks"]],
  [/^val\/(.+)$/, (rest) => [`${rest} (validation)`, "Validation"]],
  [/^train\/(.+)$/, (rest) => [`${rest} (training, epoch)`, "Training, each epoch"]],
  [/^step\/(.+)$/, (rest) => [`${rest} (training)`, "Training, each logged step"]],
  [/^lr\/(.+)$/, (part) => [`learning rate of ${part}`, "Machine and schedule"]],
  [/^speed\/(.+)$/, (rest) => [rest, "Machine and schedule"]],
];
/** What a logged quantity is called, and the section of the choice that it stands in. */
function curveTitle(name) {
  for (const [pattern, call] of CURVES) {
    const found = pattern.exec(name);
    if (!found) continue;
    const [title, section] = call(...found.slice(1));
    return [title.replaceAll("/", " ").replaceAll("_", " "), section];
  }
  return [name, "Other"];
}

/** Numbers that Python's `encode` wrote. */
function decode(text) {
  const binary = atob(text.slice(1));
  const raw = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) raw[i] = binary.charCodeAt(i);
  return text[0] === "f" ? new Float32Array(raw.buffer) : new Float64Array(raw.buffer);
}

function debounce(act, wait) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
}

/** What a browser remembers between visits; from a file it may refuse to. */
const memory = {
  get(key) {
    try { return localStorage.getItem(`mmfusion.${key}`); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(`mmfusion.${key}`, value); } catch { /* then not */ }
  },
};
