// Learning curves, overlaid: what was logged faint, smoothed on top.

const curve = { name: "", x: "step", smooth: 0.02, log: false, seeds: "mean" };
const MOST_ROWS = 12, MOST_LINES = 60;
const FEW = 40; // points of a curve, up to which each has a mark of its own

const points = new WeakMap();
/** A run's curve as numbers: {x, y, mx, my}; decoded once. */
function curveOf(run, name) {
  const packed = run.curves[name];
  if (!packed) return null;
  if (!points.has(packed)) {
    const whole = packed.mx === undefined;
    const x = decode(packed.x), y = decode(packed.y);
    points.set(packed, { x, y, mx: whole ? x : decode(packed.mx), my: whole ? y : decode(packed.my), logged: packed.n });
  }
  return points.get(packed);
}

/** Steps to epochs with a fraction, by where each epoch began. */
function toEpochs(run, steps) {
  const marks = run.epochs;
  if (marks.length < 2) return null;
  let at = 0;
  return Array.from(steps, (step) => {
    if (step < marks[at][1]) at = 0;
    while (at < marks.length - 2 && step >= marks[at + 1][1]) at += 1;
    const [epoch, from] = marks[at], [next, to] = marks[at + 1];
    return to > from ? epoch + ((step - from) / (to - from)) * (next - epoch) : epoch;
  });
}
const xOf = (run, steps, over) => (over === "epoch" ? toEpochs(run, steps) : Array.from(steps));
const drawable = (y) => Array.from(y, (value) => (Number.isFinite(value) ? value : null));

/** Exponential mean whose memory is a share of the curve's length, however far apart its points are. */
function smoothed(x, y, share) {
  const memory_ = share * (x[x.length - 1] - x[0]);
  const found = [];
  let mean = null, before = 0;
  for (let i = 0; i < x.length; i += 1) {
    if (!Number.isFinite(y[i])) { found.push(null); continue; }
    mean = mean === null || memory_ <= 0 ? y[i] : mean + (1 - Math.exp((before - x[i]) / memory_)) * (y[i] - mean);
    before = x[i];
    found.push(mean);
  }
  return found;
}

function curveNames() {
  const found = new Set();
  for (const run of data.runs.values()) for (const name of Object.keys(run.curves)) found.add(name);
  const rank = (name) => (/\/(rows|labels)$|^(step|train)\/present\//.test(name) ? 9 : name === "val/loss" ? 0 : name.startsWith("val/") ? 1 : /^step\/.*\/loss$/.test(name) ? 2 : name.startsWith("train/") ? 3 : 4);
  return [...found].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}
function defaultCurve(names) {
  const validated = state.metric.replace(/^test(\[[^\]]*\])?\//, "val/");
  return [validated, "val/loss"].find((name) => names.includes(name)) ?? names[0] ?? "";
}

const inTemplate = (text) => safe(text).replaceAll("%{", "% {");
function buildCurves() {
  const { drawn, says } = chosen(MOST_ROWS, (entry) => entry.runs.some((run) => run.curves[curve.name]));
  const shown_ = drawn.flatMap((entry) => entry.runs.map((run) => [entry, run])).filter(([, run]) => run.curves[curve.name]).slice(0, MOST_LINES);
  byId("curves-says").textContent = "";
  if (!curve.name) return { empty: "No run has logged anything yet." };
  if (!shown_.length) return { empty: `None of the rows has logged ${curveTitle(curve.name)[0]}.` };
  const traces = [], named = new Set(), folded = new Set(), rows = new Set(shown_.map(([entry]) => entry)).size, lost = { x: [], y: [], text: [], colour: [] };
  for (const [entry, run] of shown_) {
    const value = colourValue(entry), colour = colourOf(entry), dash = dashOf(entry);
    const common = { legendgroup: value, name: safe(short(value, 60)) };
    if (!folded.has(entry) && state.fold && curve.seeds === "mean") {
      const found = overSeeds(entry, curve.name, curve.x, curve.smooth);
      if (found) traces.push(...seedTraces(entry, found, common, colour, dash, rows));
      if (found) folded.add(entry);
    }
    const whole = folded.has(entry) && run.status === "completed";
    if (!whole) traces.push(...runTraces(entry, run, common, colour, dash));
    if (!named.has(value)) traces.push({ ...common, type: "scatter", mode: "lines", x: [null], y: [null], showlegend: true, line: { color: colour, width: 3, dash } });
    named.add(value);
    markLost(lost, entry, run, colour);
  }
  if (traces.length === named.size) return { empty: "These runs do not say where their epochs begin; steps can be drawn." };
  if (lost.x.length) traces.push({ type: "scatter", mode: "markers", x: lost.x, y: lost.y, text: lost.text, hoverinfo: "text", showlegend: true, name: "became NaN", marker: { symbol: "x", size: 10, color: lost.colour, line: { width: 1, color: cssColour("surface") } } });
  const ended = traces.find((trace) => trace.name === SEED_ENDS);
  if (ended) ended.showlegend = true;
  byId("curves-says").textContent = curveText(says, shown_, Boolean(ended));
  const names = [...named, ...(lost.x.length ? ["became NaN"] : []), ...(ended ? [SEED_ENDS] : [])];
  const frame = below(names.length > 1 ? names : [], isSmall() ? 250 : 340, byId("curves-chart"), { grouped: true, size: isSmall() ? 11 : 12 });
  return {
    traces, height: frame.height,
    layout: layout({
      margin: { l: 56, r: 14, t: frame.t, b: frame.b }, showlegend: names.length > 1,
      xaxis: axis(curve.x === "step" ? "training step" : "epoch"), yaxis: axis(curveTitle(curve.name)[0], { type: curve.log ? "log" : "linear", ...(curve.log ? { dtick: 1 } : {}) }),
      legend: frame.legend,
      uirevision: `${curve.name} ${curve.x} ${curve.log}`,
    }),
  };
}

/** What is drawn, and what is left out of it. */
function curveText(says, drawn, ends) {
  const mean = state.fold && curve.seeds === "mean" && drawn.some(([entry]) => entry.completed.length > 1);
  const thinned = drawn.map(([, run]) => curveOf(run, curve.name)).filter((each) => each.logged > each.x.length && each.mx !== each.x);
  const range = (values) => (Math.min(...values) === Math.max(...values) ? String(values[0]) : `${Math.min(...values)} to ${Math.max(...values)}`);
  const words = [says, mean ? "The mean of completed seeds; the shade is from the lowest to the highest value logged, and is not smoothed. A thin line is a run that is not completed." : "A line a run."];
  if (ends) words.push("Where a seed ends (|), the mean goes on with the others.");
  if (thinned.length) words.push(`Of ${range(thinned.map((each) => each.logged))} points a curve, the highest and the lowest of each of ${range(thinned.map((each) => each.mx.length))} stretches are kept.`);
  return words.join(" ");
}

/** One run: what was logged, faint if there is a smoothed line on top. */
function runTraces(entry, run, common, colour, dash) {
  const found = curveOf(run, curve.name);
  const x = xOf(run, found.x, curve.x);
  if (!x) return [];
  const smooth = curve.smooth > 0 && found.x.length > 3, few = found.logged <= FEW;
  const line = {
    ...common, type: "scatter", connectgaps: false, showlegend: false,
    hovertemplate: `${inTemplate(entry.label)}${state.fold && repeatOf(run) ? ` · ${repeatOf(run)}` : ""}${run.status === "completed" ? "" : ` (${run.status})`}<br>${curve.x} %{x:.4~g}: %{y:.5~g}<extra></extra>`,
  };
  const raw = { ...line, mode: few ? "lines+markers" : "lines", x, y: drawable(found.y), customdata: Array(x.length).fill(run.id), opacity: smooth ? (few ? 0.4 : 0.22) : 0.9, line: { color: colour, width: smooth ? 1 : 1.6, dash: smooth ? "solid" : dash }, marker: { size: 4, color: colour } };
  if (!smooth) return [raw];
  const mx = xOf(run, found.mx, curve.x);
  return [raw, { ...line, mode: "lines", x: mx, y: smoothed(found.mx, found.my, curve.smooth), customdata: Array(mx.length).fill(run.id), line: { color: colour, width: run.status === "completed" ? 2 : 1.4, dash } }];
}

/** Where a curve stops to be a number. */
function markLost(lost, entry, run, colour) {
  const found = curveOf(run, curve.name);
  const first = found.y.findIndex((y) => !Number.isFinite(y));
  const x = first < 0 ? null : xOf(run, found.x, curve.x);
  if (!x) return;
  lost.x.push(x[Math.max(0, first - 1)]);
  lost.y.push(first > 0 ? found.y[first - 1] : null);
  lost.text.push(`${safe(entry.label)}${repeatOf(run) ? ` · ${repeatOf(run)}` : ""}<br>not a number at step ${found.x[first]}`);
  lost.colour.push(colour);
}
