// The page fed while runs go on: what has changed since the last answer, and nothing else.

const feed = { server: "", version: 0, waits: 2000, timer: 0 };

async function poll() {
  clearTimeout(feed.timer);
  let more = null, soon = false;
  try {
    const answer = await fetch(`data?server=${encodeURIComponent(feed.server)}&version=${feed.version}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`the dashboard answered ${answer.status}`);
    more = await answer.json();
    feed.waits = 2000;
  } catch {
    // The server was ended, or the machine slept: ask again, less and less often.
    feed.waits = Math.min(30000, feed.waits * 1.5);
    showLiveState("off", "not connected");
  }
  try {
    if (more) soon = take(more);
  } finally {
    feed.timer = setTimeout(poll, soon ? 50 : document.hidden ? 4 * feed.waits : feed.waits);
  }
}

/** What came is shown; returns whether there is more to come at once. */
function take(more) {
  const news = more.full || more.runs.length > 0 || more.shared !== null || more.ids !== null;
  feed.server = more.server;
  feed.version = more.version;
  if (news) {
    merge(more);
    changed();
    if (opened.id && byId("drawer").open && more.runs.some((run) => run.id === opened.id || run.id === opened.other)) renderDrawer();
  }
  const soon = more.reading > 0;
  showLiveState(soon ? "reading" : "", soon ? `reading, ${many(more.reading, "run")} to go` : `live, ${many(data.all.size, "run")}`);
  return soon;
}

function showLiveState(kind, text) {
  const node = byId("live");
  node.hidden = false;
  node.className = `live ${kind}`;
  node.textContent = text;
}

function startLive() {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  poll();
}
