// What a recording must hold before it may be committed, and what is printed about it.

export const LARGEST_BYTES = 1024 * 1024;
const TYPES = ["dom_content_loaded", "load", "full_snapshot", "incremental", "meta", "custom", "plugin"];
const SOURCES = ["mutation", "mouse_move", "mouse_interaction", "scroll", "resize", "input"];
const ANSWERS = new Set([0, 7, 8, 9, 13, 14, 15]); // sources that show that the page did something

export const isClick = ({ type, data }) => type === 3 && data.source === 2 && data.type === 2;
const isAnswer = ({ type, data }) => type === 4 || (type === 3 && ANSWERS.has(data.source));
const isError = ({ type, data }) => type === 5 && data.tag === "error";

/** For every click the milliseconds until the page answers with a mutation or a new page; Infinity if never. */
export function clicksWithAnswers(events) {
  return events.flatMap((event, index) => {
    if (!isClick(event)) return [];
    const answer = events.slice(index + 1).find(isAnswer);
    const answerMs = answer ? answer.timestamp - event.timestamp : Infinity;
    return [{ at: event.timestamp, node: event.data.id, x: event.data.x, y: event.data.y, answerMs }];
  });
}

/** The most turns that the cursor makes along x within any two seconds. */
export function mostTurns(events) {
  const points = events.filter(({ type, data }) => type === 3 && data.source === 1)
    .flatMap(({ timestamp, data }) => data.positions.map((p) => ({ at: timestamp + p.timeOffset, x: p.x })));
  const turns = [];
  let direction = 0;
  for (let i = 1; i < points.length; i += 1) {
    const step = Math.sign(points[i].x - points[i - 1].x);
    if (step && direction && step !== direction) turns.push(points[i].at);
    if (step) direction = step;
  }
  return Math.max(0, ...turns.map((at, i) => turns.slice(i).filter((later) => later - at < 2000).length));
}

function longestBurst(clicks) {
  return Math.max(0, ...clicks.map((first) =>
    clicks.filter((c) => c.node === first.node && c.at >= first.at && c.at - first.at <= 1000).length));
}

export function summary(events, bytes) {
  const counts = {};
  for (const { type, data } of events) {
    const detail = type === 3 ? `:${SOURCES[data.source] ?? data.source}` : type === 5 ? `:${data.tag}` : "";
    const name = `${TYPES[type] ?? type}${detail}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  const clicks = clicksWithAnswers(events);
  return {
    bytes, events: events.length, counts,
    seconds: (events.at(-1).timestamp - events[0].timestamp) / 1000,
    pages: events.filter(({ type }) => type === 4).map(({ data }) => data.href),
    clicks: clicks.map(({ at, answerMs }) => `${((at - events[0].timestamp) / 1000).toFixed(1)}s→${answerMs}ms`).join(" "),
    burst: longestBurst(clicks), errors: events.filter(isError).length, turns: mostTurns(events),
  };
}

function commonFaults(events, bytes, typed) {
  const text = JSON.stringify(events);
  const inputs = new Set(events.filter(({ type, data }) => type === 3 && data.source === 5).map(({ data }) => data.text));
  const seconds = (events.at(-1).timestamp - events[0].timestamp) / 1000;
  return [
    [bytes > LARGEST_BYTES, `${bytes} bytes are more than ${LARGEST_BYTES}`],
    [seconds < 30 || seconds > 90, `${seconds} s are not within 30 to 90`],
    [events[0].type !== 4 || events[1].type !== 2, "the first two events are not meta and full snapshot"],
    [events.some((e, i) => i > 0 && e.timestamp < events[i - 1].timestamp), "time runs backwards"],
    [events.filter(({ type }) => type === 2).length < 4, "a page has no full snapshot"],
    [!text.includes('"rrweb/console@1"'), "the console plugin recorded nothing"],
    ...Object.entries(typed).map(([field, value]) => [!inputs.has(value), `the typed ${field} is not in the recording`]),
  ];
}

const visitFaults = {
  struggle(events) {
    const clicks = clicksWithAnswers(events);
    const { burst, errors, turns } = summary(events, 0);
    const error = events.find(isError);
    const before = clicks.filter(({ at }) => error && error.timestamp >= at && error.timestamp - at < 500);
    return [
      [burst < 6, `${burst} presses of one node within a second, not 6`],
      [errors !== 1, `${errors} errors, not 1`],
      [before.length !== 1, "the error does not follow a click"],
      [clicks.filter(({ answerMs }) => answerMs > 7500).length < 3, "fewer than three clicks without an answer"],
      [turns < 20, `${turns} turns of the cursor within two seconds`],
    ];
  },
  calm(events) {
    const clicks = clicksWithAnswers(events);
    const { burst, errors, turns } = summary(events, 0);
    const late = clicks.filter(({ answerMs }) => answerMs > 100);
    const gaps = clicks.slice(1).map(({ at }, i) => at - clicks[i].at);
    const shaken = clicks.filter(({ at }) => events.some(({ type, data, timestamp }) =>
      type === 3 && (data.source === 3 || data.source === 14) && timestamp - at >= 100 && timestamp - at < 2750));
    return [
      [clicks.length < 6, `only ${clicks.length} clicks`],
      [late.length > 0, `${late.length} clicks are answered after more than 100 ms`],
      [burst > 1 || Math.min(...gaps) < 1200, "clicks follow each other too fast"],
      [shaken.length > 0, "a scroll or a selection follows a click, which some profiles read as a dead click"],
      [errors > 0, `${errors} errors`],
      [turns > 6, `${turns} turns of the cursor within two seconds`],
    ];
  },
};

/** Everything that is wrong with the recording of the visit `name`, in words. */
export const faults = (name, events, bytes, typed) =>
  [...commonFaults(events, bytes, typed), ...visitFaults[name](events)].filter(([bad]) => bad).map(([, words]) => words);
