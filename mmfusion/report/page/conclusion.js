// What a study concludes, above everything else. Its text is Markdown of a few forms; none of it becomes markup.

function concluded() {
  const found = data.shared.conclusions ?? [];
  const node = byId("conclusion");
  node.hidden = found.length === 0;
  if (isNews(node, found)) fill(node, found.flatMap(([, text]) => blocks(text.split("\n"))));
}

/** Whether all runs are a study's: then its conclusion, which rests on more tests, is the only one to be read. */
function isOneStudy() {
  const found = data.shared.conclusions ?? [];
  return found.length === 1 && [...data.runs.values()].every((run) => run.sweep === found[0][0]);
}

/** Headings, bold lines, list items and tables; whatever else there may be is a paragraph. */
function blocks(lines) {
  const nodes = [];
  let list = null, rows = null, details = null;
  for (const line of lines) {
    const put = (node) => (details ?? nodes).push(node);
    const [, marks, title] = /^(#+) (.*)$/.exec(line) ?? [];
    const item = /^- (.*)$/.exec(line), bold = /^\*\*(.*)\*\*$/.exec(line), row = /^\|(.*)\|$/.exec(line);
    if (!item) list = null;
    if (!row) rows = null;
    if (marks === "#") put(el("h2", {}, title));
    else if (marks) {
      // The answer stands open, what it rests on can be opened.
      details = [];
      nodes.push({ title, inside: details });
    } else if (item) {
      if (!list) put(list = el("ul"));
      list.append(el("li", {}, item[1]));
    } else if (row) {
      const cells = row[1].split(/(?<!\\)\|/).map((cell) => cell.replaceAll("\\|", "|").trim());
      if (!rows) {
        rows = el("tbody");
        put(el("div", { class: "scroll", tabindex: "0" }, el("table", {}, el("thead", {}, el("tr", {}, cells.map((cell, i) => el("th", { class: i ? "number" : null }, cell)))), rows)));
      } else if (!cells.every((cell) => /^-+:?$/.test(cell))) rows.append(el("tr", {}, cells.map((cell, i) => el("td", { class: i ? "number" : null }, cell))));
    } else if (bold) put(el("p", { class: "answer" }, bold[1]));
    else if (line.trim()) put(el("p", {}, line));
  }
  return nodes.map((each) => (each instanceof Node ? each : el("details", {}, el("summary", {}, each.title), each.inside)));
}
