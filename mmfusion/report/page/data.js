// The runs, and what a row of the table is: a run, or the runs of one configuration folded over their seeds.

// `all` and `whole` are of all runs; `runs` and `shared` of the sweep that was chosen, or all as well.
const data = { title: "", live: false, all: new Map(), whole: null, runs: new Map(), shared: null };
let entries = { runs: [], groups: [] };

/** A row. `metric(name)` is {mean, half, n} or null; `settings` are in the order of `data.shared.keys`. */
class Entry {
  constructor(key, runs, group, index) {
    this.key = key;
    this.runs = runs;
    this.group = group; // index of shared.groups, null for a run
    this.index = index;
    this.settings = data.shared.settings[runs[0].id] ?? [];
    this.statuses = new Map();
    for (const run of runs) this.statuses.set(run.status, (this.statuses.get(run.status) ?? 0) + 1);
    this.completed = runs.filter((run) => run.status === "completed");
    this.words = null;
  }

  get label() {
    const words = this.own.map(([key, value]) => settingLabel(key.short, value));
    if (this.group !== null) return words.join(" · ") || (this.runs.length === 1 ? this.runs[0].id : "all runs");
    const run = this.runs[0];
    return [...words, repeatOf(run)].filter(Boolean).join(" · ") || run.id;
  }

  /** The label where there is little room: values alone, numbers with two digits. */
  get brief() {
    if (this.group === null || !data.shared.by.length) return this.label;
    return this.own.map(([, value]) => (isNumber(value) ? number(Number(value.toPrecision(2))) : setting(value))).join(" · ");
  }

  /** `[key, value]` of the settings that tell rows apart. */
  get own() {
    const { keys, by } = data.shared;
    return keys.map((key, i) => [key, this.settings[i]]).filter(([{ key }]) => this.group === null || by.includes(key));
  }

  setting(key) {
    return this.settings[data.shared.keys.findIndex((each) => each.key === key)] ?? null;
  }

  metric(name) {
    if (this.group !== null && this.completed.length > 1) {
      const found = data.shared.groups[this.group].metrics[name];
      return found ? { mean: found[0], half: found[1], n: found[2] } : null;
    }
    const run = this.group === null ? this.runs[0] : this.completed[0] ?? this.runs[0];
    const value = valueOf(run, name);
    if (isNumber(value)) return { mean: value, half: null, n: 1 };
    const latest = this.runs.length === 1 && run.status === "running" ? lastOf(run, name) : null;
    return latest === null ? null : { mean: latest, half: null, n: 1, latest: true };
  }

  value(name) {
    return this.metric(name)?.mean ?? null;
  }

  /** The mean of a cost over the runs that are done. */
  cost(name) {
    const of = (this.completed.length ? this.completed : this.runs).map((run) => run.costs[name]).filter(isNumber);
    return of.length ? of.reduce((a, b) => a + b, 0) / of.length : null;
  }

  /** Why it cannot be ranked by the metric beside the others; null if it can. */
  unranked(metric) {
    if (this.group !== null) return data.shared.groups[this.group].unranked[metric] ?? null;
    return data.shared.same_rows[metric]?.unlike[this.runs[0].id] ?? null;
  }

  compared(metric) {
    return this.group === null ? null : data.shared.compared[metric]?.rows[this.group] ?? null;
  }

  get haystack() {
    if (this.words === null) {
      const own = this.runs.flatMap((run) => [run.id, run.name, run.status, run.error ?? "", ...run.overrides]);
      this.words = [...own, ...this.own.flatMap(([key, value]) => [key.short, setting(value)])].join("\n").toLowerCase();
    }
    return this.words;
  }
}

/** The run's metric as it is compared: on the rows that all runs were tested on. */
const valueOf = (run, metric) => data.shared.same_rows[metric]?.values[run.id] ?? run.metrics[metric];
const isLeftOut = (run, metric) => data.shared.same_rows[metric]?.left_out.includes(run.id) ?? false;
const hasFold = (run) => run.fold !== null;
/** `seed 0 · fold 3`: what tells the run from others of its configuration. */
const repeatOf = (run) => [run.seed === null ? "" : `seed ${run.seed}`, hasFold(run) ? `fold ${run.fold}` : ""].filter(Boolean).join(" · ");

/** What a word says by itself needs no key, a number does: `gated`, but `lr 0.01`. */
const settingLabel = (key, value) => (typeof value === "string" && !["true", "false", "null"].includes(value) ? value : `${key} ${setting(value)}`);

/** The last value of a curve that is logged while the run goes on. */
function lastOf(run, name) {
  const curve = run.curves[name];
  if (!curve) return null;
  const y = decode(curve.y);
  for (let i = y.length - 1; i >= 0; i -= 1) if (Number.isFinite(y[i])) return y[i];
  return null;
}

function rebuild() {
  const ticked = new Set(entries.groups.filter((entry) => state.ticked.has(entry.key)).flatMap((entry) => entry.runs.map((run) => run.id)));
  const runs = [...data.runs.values()];
  const grouped = new Set();
  const groups = [];
  data.shared.groups.forEach((group, index) => {
    const own = group.runs.map((id) => data.runs.get(id)).filter(Boolean);
    for (const run of own) grouped.add(run.id);
    if (!own.length) return;
    const entry = new Entry("", own, index, groups.length);
    entry.key = `g:${JSON.stringify(entry.own.map(([{ key }, value]) => [key, value]))}`;
    groups.push(entry);
  });
  // Without a config nobody knows what a run belongs to.
  for (const run of runs) if (!grouped.has(run.id)) groups.push(new Entry(run.id, [run], null, groups.length));
  entries = { runs: runs.map((run, i) => new Entry(run.id, [run], null, i)), groups };
  // A new run may bring a key that tells groups apart, and so give them other names: ticks stay with the runs.
  if (state.fold) state.ticked = new Set(groups.filter((entry) => entry.runs.some((run) => ticked.has(run.id))).map((entry) => entry.key));
  refreshMetrics();
}

let metricNames = []; // with all modalities, test before validation
let lowerOf = new Map();
function refreshMetrics() {
  lowerOf = new Map(data.shared.metrics.map((each) => [each.name, each.lower]));
  const whole = data.shared.metrics.map((each) => each.name).filter((name) => metricParts(name).subset === null);
  const rank = (name) => (data.shared.main.includes(name) ? 0 : name.startsWith("test/") ? 1 : 2);
  metricNames = whole.sort((a, b) => rank(a) - rank(b));
}

/** Which way is better: -1 if lower, 1 if higher or if nobody knows. */
const directionOf = (metric) => (lowerOf.get(metric) ? -1 : 1);
const isDirected = (metric) => typeof lowerOf.get(metric) === "boolean";
const arrow = (metric) => (isDirected(metric) ? (lowerOf.get(metric) ? "↓" : "↑") : "");
const directionText = (metric) => (isDirected(metric) ? `${lowerOf.get(metric) ? "lower" : "higher"} is better` : "which way is better is not known");

/** The attainable value of a metric, if all runs agree on it. */
function ceilingOf(metric, among) {
  const found = new Set(among.flatMap((entry) => entry.runs.map((run) => run.ceilings[metric])).filter(isNumber));
  return found.size === 1 ? [...found][0] : null;
}

/** First `more.full` or only what has changed. */
function merge(more) {
  const first = data.whole === null;
  if (more.full) data.all.clear();
  for (const run of more.runs) data.all.set(run.id, run);
  if (more.ids) {
    const known = data.all;
    data.all = new Map(more.ids.filter((id) => known.has(id)).map((id) => [id, known.get(id)]));
  }
  if (more.shared) data.whole = more.shared;
  if (!data.whole) return;
  // What goes on is what one wants to see; afterwards the person chooses.
  if (first && data.live) state.sweep = [...data.all.values()].find((run) => run.status === "running")?.sweep ?? null;
  chooseSweep();
}

/** The runs of the sweep that was chosen, as if there were no others. */
function chooseSweep() {
  const { sweeps } = data.whole;
  if (state.sweep === null || !(state.sweep in sweeps)) state.sweep = null;
  data.shared = state.sweep === null ? data.whole : sweeps[state.sweep];
  data.runs = state.sweep === null ? data.all : new Map([...data.all].filter(([, run]) => (run.sweep ?? "") === state.sweep));
  rebuild();
}
