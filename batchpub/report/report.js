"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const rows = data.rows.map((values, position) => {
    const row = Object.fromEntries(values.map((value, index) => [data.fields[index], value]));
    row.position = position;
    row.where = row.cell || `row ${row.row}`;
    return row;
  });
  const compareText = new Intl.Collator(undefined, { numeric: true }).compare;
  const by = (field) => (one, other) => compareText(one[field], other[field]);
  const byNumber = (field) => (one, other) => one[field] - other[field];
  // The order within one value is always that of the sheets, in both directions.
  const columns = [
    { key: "where", label: "Where", sorted: byNumber("position") },
    { key: "course", label: "Course ID", sorted: (one, other) => by("course_id")(one, other) || by("batch_id")(one, other) },
    { key: "name", label: "Name", sorted: by("name") },
    { key: "outcome", label: "Outcome", sorted: byNumber("outcome") },
    { key: "message", label: "Message", sorted: by("message") },
  ];
  const sizes = [50, 200, 1000];
  const state = { find: "", outcomes: new Set(), order: columns[0], down: false, page: 0, size: sizes[0] };
  const at = (id) => document.getElementById(id);
  let shown = rows;

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties))
      if (name in element && typeof value !== "string") element[name] = value;
      else element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const fold = (text) => text.normalize("NFKC").toLowerCase();

  function textOf(row) {
    row.text ??= fold(
      [data.sheets[row.sheet_index].place, row.where, row.course_id, row.batch_id, row.name, data.outcomes[row.outcome].words,
        row.message, row.code, ...row.values].join("\n"));
    return row.text;
  }

  function choose() {
    const words = fold(state.find).split(/\s+/).filter(Boolean);
    shown = rows.filter((row) =>
      (state.outcomes.size === 0 || state.outcomes.has(row.outcome)) && words.every((word) => textOf(row).includes(word)));
    const sign = state.down ? -1 : 1;
    shown.sort((one, other) => sign * state.order.sorted(one, other) || one.position - other.position);
    state.page = 0;
    draw();
  }

  function draw(all = false) {
    const pages = Math.max(1, Math.ceil(shown.length / state.size));
    state.page = Math.min(Math.max(0, state.page), pages - 1);
    const begin = all ? 0 : state.page * state.size;
    const page = all ? shown : shown.slice(begin, begin + state.size);
    at("body").replaceChildren(...page.map(drawRow));
    if (page.length === 0) at("body").append(drawNothing());
    const number = (value) => value.toLocaleString("en");
    const part = shown.length === rows.length ? `${number(rows.length)} rows` : `${number(shown.length)} of ${number(rows.length)} rows`;
    at("count").textContent = page.length < shown.length ? `${part}; ${number(begin + 1)} to ${number(begin + page.length)} are shown` : part;
    at("page").textContent = `Page ${number(state.page + 1)} of ${number(pages)}`;
    at("first").disabled = at("previous").disabled = state.page === 0;
    at("last").disabled = at("next").disabled = state.page === pages - 1;
    at("pager").hidden = rows.length <= sizes[0];
    for (const button of at("outcomes").children) button.setAttribute("aria-pressed", String(isPressed(button.dataset.outcome)));
    for (const head of at("head").children) {
      const sorted = head.dataset.key === state.order.key;
      head.setAttribute("aria-sort", sorted ? (state.down ? "descending" : "ascending") : "none");
    }
    at("order").value = `${state.order.key} ${state.down ? "down" : "up"}`;
  }

  function drawNothing() {
    const said = rows.length === 0 ? "There are no rows." : "No row fits. Clear the search or choose other outcomes.";
    return make("tr", {}, make("td", { colSpan: columns.length + 1 }, said));
  }

  function drawRow(row) {
    const outcome = data.outcomes[row.outcome];
    const place = data.sheets[row.sheet_index].place;
    const cell = (name, label, ...children) => make("td", { class: name, "data-label": label }, ...children.filter(Boolean));
    const more = make("button", { type: "button", "aria-expanded": "false", "aria-label": `Details of ${row.where}` });
    more.addEventListener("click", () => toggleDetails(line, more, row));
    const line = make("tr", { "data-outcome": outcome.value },
      cell("where", "Where", make("bdi", {}, row.where), place && make("small", { dir: "auto" }, place)),
      cell("course", "Course ID", row.course_id && make("code", {}, row.course_id), row.batch_id && make("small", {}, "batch ", make("code", {}, row.batch_id))),
      cell("name", "Name", make("bdi", {}, row.name)),
      cell("outcome", "Outcome", make("span", { class: `pill ${outcome.tone}` }, outcome.words)),
      make("td", { class: "message", dir: "auto" }, row.message),
      make("td", { class: "more" }, more));
    return line;
  }

  function toggleDetails(line, more, row) {
    const open = more.getAttribute("aria-expanded") === "true";
    more.setAttribute("aria-expanded", String(!open));
    if (open) line.nextElementSibling.remove();
    else line.after(make("tr", { class: "details" }, make("td", { colSpan: columns.length + 1 }, describe(row))));
  }

  // The clock on the reader's wall, with UTC beside it: whoever compares logs needs that one.
  function showTime(utc) {
    if (!utc) return "";
    const told = `${utc.slice(0, 19).replace("T", " ")} UTC`;
    const moment = new Date(`${utc.slice(0, 19).replace(" ", "T")}Z`);
    if (Number.isNaN(moment.getTime()) || moment.getTimezoneOffset() === 0) return told;
    const here = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" }).format(moment);
    return `${here} (${told})`;
  }

  function describe(row) {
    const facts = [
      ...data.sheets[row.sheet_index].headings.map((heading, index) => [heading || `(column ${index + 1})`, row.values[index]]),
      ["Row", String(row.row)], ["Attempts", String(row.attempts)], ["Learners mailed", row.notify ? "yes, if it is published" : "no"],
      ["HTTP status", row.http_status === null ? "" : String(row.http_status)], ["Code", row.code],
      ["First sent", showTime(row.first_sent_at)], ["Finished", showTime(row.finished_at)],
    ];
    return make("dl", {}, ...facts.filter(([, value]) => value).flatMap(([name, value]) =>
      [make("dt", { dir: "auto" }, name), make("dd", { dir: "auto" }, value)]));
  }

  const problems = new Set(data.outcomes.flatMap((outcome, index) => (outcome.problem ? [index] : [])));
  const present = new Map();
  for (const row of rows) present.set(row.outcome, (present.get(row.outcome) ?? 0) + 1);
  const wanted = new Set([...present.keys()].filter((outcome) => problems.has(outcome)));

  const isSame = (one, other) => one.size === other.size && [...one].every((value) => other.has(value));

  function isPressed(name) {
    if (name === "all") return state.outcomes.size === 0;
    if (name === "problems") return wanted.size > 1 && isSame(state.outcomes, wanted);
    return state.outcomes.has(Number(name));
  }

  function pressOutcome(name) {
    if (name === "all") state.outcomes = new Set();
    else if (name === "problems") state.outcomes = new Set(wanted);
    else if (!state.outcomes.delete(Number(name))) state.outcomes.add(Number(name));
    choose();
  }

  function addOutcome(name, words, count) {
    const button = make("button", { type: "button", "data-outcome": String(name) }, `${words} (${count.toLocaleString("en")})`);
    button.addEventListener("click", () => pressOutcome(String(name)));
    at("outcomes").append(button);
  }

  function sortBy(key, down) {
    state.order = columns.find((column) => column.key === key);
    state.down = down;
    choose();
  }

  function prepare() {
    for (const time of document.querySelectorAll("time")) time.textContent = showTime(time.textContent.replace(" UTC", ""));
    addOutcome("all", "all", rows.length);
    const count = [...wanted].reduce((sum, outcome) => sum + present.get(outcome), 0);
    if (wanted.size > 1) addOutcome("problems", "needs attention", count);
    data.outcomes.forEach((outcome, index) => present.has(index) && addOutcome(index, outcome.words, present.get(index)));
    for (const { key, label } of columns) {
      const button = make("button", { type: "button" }, label);
      button.addEventListener("click", () => sortBy(key, state.order.key === key && !state.down));
      at("head").append(make("th", { scope: "col", class: key, "data-key": key }, button));
      at("order").append(make("option", { value: `${key} up` }, label), make("option", { value: `${key} down` }, `${label}, reversed`));
    }
    at("head").append(make("td", { class: "more" }));
    for (const size of sizes) at("size").append(make("option", { value: String(size) }, size.toLocaleString("en")));
  }

  function turnTo(page) {
    state.page = page;
    draw();
    at("all").scrollIntoView();
  }

  function listen() {
    at("find").addEventListener("input", (event) => { state.find = event.target.value; choose(); });
    at("find").form.addEventListener("submit", (event) => event.preventDefault());
    at("order").addEventListener("change", (event) => { const [key, way] = event.target.value.split(" "); sortBy(key, way === "down"); });
    at("size").addEventListener("change", (event) => { state.size = Number(event.target.value); state.page = 0; draw(); });
    at("first").addEventListener("click", () => turnTo(0));
    at("previous").addEventListener("click", () => turnTo(state.page - 1));
    at("next").addEventListener("click", () => turnTo(state.page + 1));
    at("last").addEventListener("click", () => turnTo(Infinity));
    for (const button of document.querySelectorAll("[data-show]"))
      button.addEventListener("click", () => {
        state.find = at("find").value = "";
        state.outcomes = new Set([data.outcomes.findIndex((outcome) => outcome.value === button.dataset.show)]);
        choose();
        at("all").scrollIntoView();
        at("find").focus({ preventScroll: true });
      });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      event.preventDefault();
      at("find").focus();
    });
    // On paper there is no next page to turn to: print every row that fits the search.
    window.addEventListener("beforeprint", () => draw(true));
    window.addEventListener("afterprint", () => draw());
  }

  prepare();
  listen();
  choose();
  document.documentElement.classList.remove("still");
})();
