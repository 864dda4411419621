// Parallel coordinates: an axis a setting or metric, a line a row, ranges to drag.

const MOST_AXES = 9, MOST_PARALLEL = 600;
let axesChosen = null; // ids that the person chose

/** Every axis that could be drawn: {id, kind, name, title}. */
function possibleAxes() {
  const { keys, by } = data.shared;
  const settings = keys.filter((each) => !state.fold || by.includes(each.key)).map((each) => ({ id: `key:${each.key}`, kind: "key", name: each.key, title: each.short }));
  const metrics = metricNames.map((name) => ({ id: `metric:${name}`, kind: "metric", name, title: metricTitle(name) }));
  const costs = COSTS.map(([name, title, tell]) => ({ id: `cost:${name}`, kind: "cost", name, title, tell }));
  return [...settings, ...costs, ...metrics].filter((each) => each.kind !== "cost" || entries.runs.some((entry) => isNumber(entry.cost(each.name))));
}
function defaultAxes(all) {
  const keys = all.filter((each) => each.kind === "key").slice(0, MOST_AXES - 2).map((each) => each.id);
  const main = [...data.shared.main.filter((name) => name !== state.metric), state.metric].filter(Boolean).slice(-3).map((name) => `metric:${name}`);
  const times = new Set(entries.runs.map((entry) => entry.cost("seconds")).filter(isNumber));
  return new Set([...keys, ...(times.size > 1 ? ["cost:seconds"] : []), ...main]);
}
function drawnAxes() {
  const all = possibleAxes();
  const wanted = axesChosen ?? defaultAxes(all);
  const metric = `metric:${state.metric}`;
  const found = all.filter((each) => wanted.has(each.id));
  // What lines are coloured by comes last, where the eye ends.
  return [...found.filter((each) => each.id !== metric), ...found.filter((each) => each.id === metric)];
}

/** Where a value lies on an axis, 0 bottom to 1 top; numbers that span a hundredfold get a log scale. */
function scaleOf(each, rows) {
  const values = rows.map((entry) => axisValue(entry, each)).filter((value) => value !== null && value !== undefined);
  const numbers = values.filter(isNumber);
  if (numbers.length === values.length && new Set(numbers).size > 1) {
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const log = low > 0 && high / low >= 50;
    const t = log ? Math.log10 : (value) => value;
    const upside = each.kind === "metric" && directionOf(each.name) < 0; // better is up
    const share = (value) => (isNumber(value) ? (t(value) - t(low)) / (t(high) - t(low)) : null);
    const tell = each.tell ?? ((value) => (log ? number(value) : number(value, places(numbers))));
    const middle = log ? 10 ** ((t(low) + t(high)) / 2) : (low + high) / 2;
    const ticks = [low, middle, high].map((value) => [value, tell(value)]);
    const turn = (at) => (upside ? 1 - at : at);
    const back = (at) => { const value = t(low) + turn(at) * (t(high) - t(low)); return log ? 10 ** value : value; };
    return { at: (value) => (share(value) === null ? null : turn(share(value))), back, ticks, title: `${each.title}${log ? " (log)" : ""}` };
  }
  const names = [...new Set(values.map(setting))].sort((a, b) => naturally(b, a));
  const at = (value) => (names.includes(setting(value)) ? (names.length === 1 ? 0.5 : names.indexOf(setting(value)) / (names.length - 1)) : null);
  const every = Math.ceil(names.length / 12);
  return { at, names, ticks: names.filter((_, i) => i % every === 0).map((name) => [name, short(name, 18)]), title: each.title };
}

function buildParallel() {
  const all = allRows().filter((entry) => entry.completed.length).slice(0, MOST_PARALLEL);
  const axes = drawnAxes();
  if (all.length < 2) return { empty: "There is something to see from two completed rows on." };
  if (axes.length < 2) return { empty: "Two axes are the fewest." };
  const inside = new Set(shown.map((entry) => entry.key));
  const node = byId("parallel-chart");
  const wide = Math.max(isSmall() ? 118 * axes.length : 0, node.clientWidth || 800), high = isSmall() ? 330 : 360;
  const top = 40, bottom = 20, left = 62, right = 62;
  const x = (i) => left + (i * (wide - left - right)) / (axes.length - 1);
  const y = (share) => high - bottom - share * (high - top - bottom);
  const scales = axes.map((each) => scaleOf(each, all));
  // By place and not by value: one row far off would leave the others a single colour.
  const values = all.map((entry) => entry.value(state.metric)).filter(isNumber).sort((a, b) => directionOf(state.metric) * (a - b));
  const place = new Map(values.map((value, i) => [value, values.length > 1 ? i / (values.length - 1) : 1]));
  const order = [...all].sort((a, b) => inside.has(a.key) - inside.has(b.key) || ((a.value(state.metric) ?? 0) - (b.value(state.metric) ?? 0)) * directionOf(state.metric));
  const lines = order.map((entry) => {
    const seen = scales.map((scale, i) => [x(i), scale.at(axisValue(entry, axes[i]))]);
    let path = "";
    seen.forEach(([px, share], i) => { if (share !== null) path += `${path === "" || seen[i - 1]?.[1] === null ? "M" : "L"}${px.toFixed(1)} ${y(share).toFixed(1)}`; });
    const value = entry.value(state.metric);
    const share = place.get(value) ?? null;
    const title = svg("title", {}, `${entry.label}\n${metricTitle(state.metric)} ${number(value)}`);
    return svg("path", {
      d: path, class: `line${inside.has(entry.key) ? "" : " far"}${state.ticked.has(entry.key) ? " near" : ""}`, "data-key": entry.key,
      stroke: share === null ? cssColour("muted") : onScale((isDark() ? 0.3 : 0.16) + (isDark() ? 0.7 : 0.84) * share), opacity: inside.has(entry.key) ? (all.length > 120 ? 0.45 : 0.8) : null,
      on: { click: () => openRun(entry.runs[0].id, entry), mouseenter: (event) => event.target.classList.add("near"), mouseleave: (event) => event.target.classList.toggle("near", state.ticked.has(entry.key)) },
    }, title);
  });
  const drawnAxes_ = axes.map((each, i) => axisNode(each, scales[i], x(i), y, i, axes.length));
  const chartNode = svg("svg", { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, role: "img", "aria-label": "Parallel coordinates" }, lines, drawnAxes_);
  if (wide > node.clientWidth + 1) chartNode.style.width = `${wide}px`;
  byId("unbrush").hidden = !state.brushes.size;
  return { node: el("div", { style: { "overflow-x": "auto" } }, chartNode) };
}

function axisNode(each, scale, at, y, i, count_) {
  const anchor = i === 0 ? "start" : i === count_ - 1 ? "end" : "middle";
  const edge = anchor === "start" ? -50 : anchor === "end" ? 50 : 0;
  const brush = state.brushes.get(each.id);
  const marks = scale.ticks.map(([value, text]) => svg("text", { x: at + (anchor === "end" ? 7 : -7), y: y(scale.at(value)) + 4, "text-anchor": anchor === "end" ? "start" : "end", class: "halo" }, short(text, 12)));
  const box = brush ? boxOf(brush, scale, at, y) : null;
  const grip = svg("rect", { class: "grip", x: at - 16, width: 32, y: y(1) - 8, height: y(0) - y(1) + 16, "data-axis": each.id });
  grip.addEventListener("pointerdown", (event) => startBrush(event, each, scale, y));
  return svg("g", { class: "axis" }, svg("line", { x1: at, x2: at, y1: y(0), y2: y(1) }), box, grip, marks,
    svg("text", { class: "axis-name halo", x: at + edge, y: 16, "text-anchor": anchor }, short(scale.title, 22), svg("title", {}, each.name)));
}

/** A range stays where its values are, also when new runs stretch the axis. */
function boxOf(brush, scale, at, y) {
  const ends = brush.values.map((value) => scale.at(value)).filter((each) => each !== null);
  if (!ends.length) return null;
  const pad = scale.names ? 0.02 : 0;
  const low = Math.max(0, Math.min(...ends) - pad), high = Math.min(1, Math.max(...ends) + pad);
  return svg("rect", { class: "brush", x: at - 8, width: 16, y: y(high), height: Math.max(2, y(low) - y(high)), rx: 3 });
}

function startBrush(event, each, scale, y) {
  event.preventDefault();
  const node = event.target, frame = node.ownerSVGElement;
  const share = (e) => {
    const box = frame.getBoundingClientRect();
    const inside = ((e.clientY - box.top) / box.height) * frame.viewBox.baseVal.height;
    return Math.min(1, Math.max(0, (inside - y(0)) / (y(1) - y(0))));
  };
  const from = share(event);
  const mark = svg("rect", { class: "brush", x: Number(node.getAttribute("x")) + 8, width: 16, rx: 3 });
  node.parentNode.insertBefore(mark, node);
  node.setPointerCapture(event.pointerId);
  const move = (e) => {
    const [low, high] = [from, share(e)].sort((a, b) => a - b);
    mark.setAttribute("y", y(high));
    mark.setAttribute("height", Math.max(1, y(low) - y(high)));
  };
  const end = (e) => {
    node.removeEventListener("pointermove", move);
    const [low, high] = [from, share(e)].sort((a, b) => a - b);
    mark.remove();
    if (e.type === "pointerup" && high - low > 0.01) {
      const inside = (name) => scale.at(name) >= low - 1e-9 && scale.at(name) <= high + 1e-9;
      const values = scale.names ? scale.names.filter(inside) : [scale.back(low), scale.back(high)].sort((a, b) => a - b);
      const [least, most] = values;
      const keep = scale.names ? (value) => values.includes(setting(value))
        : (value) => isNumber(value) && value >= least - 1e-9 * Math.abs(least) && value <= most + 1e-9 * Math.abs(most);
      if (values.length) state.brushes.set(each.id, { axis: each, values, keep });
    } else state.brushes.delete(each.id);
    changed();
  };
  node.addEventListener("pointermove", move);
  node.addEventListener("pointerup", end, { once: true });
  node.addEventListener("pointercancel", end, { once: true });
}
