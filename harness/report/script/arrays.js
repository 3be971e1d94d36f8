// The arrays that differ: filtered, sorted, two hundred at a time, and as CSV what is shown.

const PAGE = 200;
// Column of the table → its head, and what explains it.
const SHOWN = [
  ["scenario", "Scenario", "What was run"],
  ["array", "Array", "The tensor that differs"],
  ["step", "Seen at", "Where these two results meet: the first step, and how many more"],
  ["kind", "Kind", "How the values differ"],
  ["dtype", "Type", "Element type"],
  ["shape", "Shape", "Lengths of its dimensions"],
  ["differing", "Elements", "How many elements differ"],
  ["size", "Of", "How many there are"],
  ["max_ulp", "Largest ULP", "Largest distance in units in the last place"],
  ["max_abs", "Largest absolute", "Largest absolute difference"],
  ["first_index", "First at", "Index of the first element that differs"],
  ["correlation", "Correlation", "Of the two sides: 1 the same draw, about 0 unrelated values"],
];
const NUMBERS = new Set(["differing", "size", "max_ulp", "max_abs", "correlation"]);

class Arrays {
  constructor(audit, section) {
    this.audit = audit;
    this.table = audit.arrays;
    this.columns = audit.arrays.columns;
    this.order = {by: "", down: false};
    this.from = 0;
    this.pair = null;
    this.#keys = {};
    const steps = new Map();
    for (const each of audit.breaks) {
      const known = steps.get(each.pair);
      if (known) known.push(each);
      else steps.set(each.pair, [each]);
    }
    this.breaksOf = steps;
    this.form = element("form", {class: "controls", "aria-label": "Which arrays are shown",
      oninput: () => this.#changed(), onsubmit: (event) => event.preventDefault()},
      element("label", {}, element("span", {}, "Filter"),
        element("input", {name: "text", type: "search", placeholder: "part of a scenario or array"})),
      choice("Seen at", "event", [["", "any step"], ...audit.events.map((each) => [each.id, each.step])]),
      choice("Kind", "kind", [["", "all"], ...this.#words("kind")]),
      choice("Type", "dtype", [["", "all"], ...this.#words("dtype")]),
      element("button", {type: "reset", onclick: () => setTimeout(() => {
        this.pair = null;
        this.#changed();
      })}, "Reset"));
    this.said = element("span", {role: "status", class: "count"});
    const turning = (by, text) => element("button", {type: "button", onclick: () => this.#turn(by)}, text);
    this.back = [turning(-PAGE, "Previous"), turning(-PAGE, "Previous")];
    this.on = [turning(PAGE, "Next"), turning(PAGE, "Next")];
    this.body = element("tbody");
    this.heads = SHOWN.map(([column, head, title]) => element("th", {scope: "col", class: NUMBERS.has(column) ? "number" : null},
      element("button", {type: "button", title, onclick: () => this.#sort(column)}, head)));
    section.querySelector(".without").replaceWith(
      this.form,
      element("div", {class: "pages"}, this.back[0], this.said, this.on[0],
        element("button", {type: "button", name: "csv", onclick: () => this.#download()}, "Download these rows (CSV)")),
      element("div", {class: "scroll", role: "region", "aria-label": "Table of arrays", tabindex: "0"},
        element("table", {class: "wide arrays"},
          element("caption", {}, element("span", {}, "Arrays that differ; where several steps show the same two "
            + "results, they stand once. All of it: ", element("a", {href: "csv/differences.csv"}, "differences.csv"))),
          element("thead", {}, element("tr", {}, this.heads)), this.body)),
      element("div", {class: "pages"}, this.back[1], this.on[1]));
    this.section = section;
    this.update();
  }

  #keys;

  #words(column) {
    return this.columns[column].words.filter(Boolean).toSorted().map((word) => [word, word]);
  }

  get parameters() {
    const {text, event, kind, dtype} = this.form.elements;
    return {text: text.value, event: event.value, kind: kind.value, dtype: dtype.value,
      pair: this.pair, sort: this.order.by && `${this.order.down ? "-" : ""}${this.order.by}`,
      from: this.from || null};
  }

  // Sets the controls to what an address says; returns what this audit does not have.
  apply(parameters) {
    this.form.reset();
    const missing = ["text", "event", "kind", "dtype"].filter((name) =>
      !set(this.form.elements[name], parameters[name] ?? "")).map((name) => parameters[name]);
    const {pair, sort = "", from} = parameters;
    this.pair = /^\d+$/.test(pair ?? "") && this.audit.pairs[pair] ? Number(pair) : null;
    if (pair !== undefined && this.pair === null) missing.push(`pair ${pair}`);
    const by = sort.replace(/^-/, "");
    this.order = {by: SHOWN.some(([column]) => column === by) ? by : "", down: sort.startsWith("-")};
    if (by && !this.order.by) missing.push(`column ${by}`);
    this.from = Math.max(0, Math.floor((Number.parseInt(from, 10) || 0) / PAGE) * PAGE);
    this.update();
    return missing;
  }

  #changed() {
    this.from = 0;
    this.update();
    readdress("arrays", this.parameters);
  }

  #sort(column) {
    const numbers = NUMBERS.has(column);
    // Numbers begin with the largest, names with the first.
    const again = this.order.by === column;
    this.order = {by: column, down: again ? !this.order.down : numbers};
    this.#changed();
  }

  #turn(by) {
    if (this.from + by < 0 || this.from + by >= this.found.length) return;
    this.from += by;
    this.#show();
    this.section.querySelector(".pages").scrollIntoView({block: "nearest"});
    readdress("arrays", this.parameters);
  }

  update() {
    this.found = this.#matching();
    this.from = Math.min(this.from, Math.max(0, Math.floor((this.found.length - 1) / PAGE) * PAGE));
    this.#show();
  }

  // Rows that pass the filters. Pairs, and names of scenario and array together, are judged once;
  // rows then only look up.
  #matching() {
    const {audit, columns, table: {rows}, pair: only} = this;
    const {text, event, kind, dtype} = this.form.elements;
    const wanted = (column, value) => value === "" ? -1 : columns[column].words.indexOf(value);
    const [kinds, dtypes] = [wanted("kind", kind.value), wanted("dtype", dtype.value)];
    const [of, kindOf, dtypeOf, nameOf] = ["pair", "kind", "dtype", "array"].map((each) => columns[each].codes);
    const at = audit.events.find((each) => each.id === event.value && event.value);
    const pairs = (at || only !== null) && Uint8Array.from(audit.pairs, ({index}) =>
      (only === null || index === only)
      && (!at || (this.breaksOf.get(index) ?? []).some((each) => each.event === at.index)));
    const passes = text.value.trim() && this.#named(searched(text.value));
    const found = new Uint32Array(rows);
    let size = 0;
    for (let row = 0; row < rows; row++) {
      if ((!pairs || pairs[of[row]]) && (kinds < 0 || kindOf[row] === kinds)
        && (dtypes < 0 || dtypeOf[row] === dtypes) && (!passes || passes(of[row], nameOf[row]))) found[size++] = row;
    }
    return found.subarray(0, size);
  }

  // Whether a search finds a scenario and an array: it may name parts of both.
  #named(matches) {
    this.lower ??= {
      scenarios: this.audit.scenarios.map((each) => each.name.toLowerCase()),
      arrays: this.columns.array.words.map((word) => word.toLowerCase()),
      of: Uint32Array.from(this.audit.pairs, (pair) => pair.scenario),
    };
    const {scenarios, arrays, of} = this.lower;
    const verdicts = new Map();
    return (pair, word) => {
      const scenario = of[pair];
      let known = verdicts.get(scenario);
      if (!known) verdicts.set(scenario, known = new Uint8Array(arrays.length));
      known[word] ||= matches(`${scenarios[scenario]} ${arrays[word]}`) ? 2 : 1;
      return known[word] === 2;
    };
  }

  // A number per row that sorts as the column does; absent ones are not-a-number.
  #key(column) {
    return this.#keys[column] ??= this.#keyed(column);
  }

  #keyed(column) {
    const {columns, audit, table: {rows}} = this;
    const pairs = columns.pair.codes;
    const ranked = (words) => {
      const rank = new Map(words.toSorted(versions).map((word, index) => [word, index]));
      return words.map((word) => word === "" ? NaN : rank.get(word));
    };
    const looked = (codes, values) => {
      const keys = new Float64Array(rows);
      for (let row = 0; row < rows; row++) keys[row] = values[codes[row]];
      return keys;
    };
    if (column === "scenario") {
      const ranks = ranked(audit.scenarios.map((each) => each.name));
      return looked(pairs, audit.pairs.map((pair) => ranks[pair.scenario]));
    }
    if (column === "step") {
      return looked(pairs, audit.pairs.map((pair) => this.breaksOf.get(pair.index)?.[0].event ?? NaN));
    }
    const {kind, codes, words, absent} = columns[column];
    if (kind === "number") return codes;
    if (kind === "text") return looked(codes, ranked(words));
    const keys = new Float64Array(rows);
    for (let row = 0; row < rows; row++) keys[row] = codes[row] === absent ? NaN : Number(codes[row]);
    return keys;
  }

  // The rows from … to … of those found, in order. Only these are put in order, not all.
  #sorted(from, to) {
    const {by, down} = this.order;
    if (!by) return this.found.subarray(from, to);
    const keys = this.#key(by);
    const sign = down ? -1 : 1;
    const exactly = this.columns[by]?.codes instanceof BigUint64Array ? this.columns[by].codes : null;
    const compare = (one, other) => {
      const [here, there] = [keys[one], keys[other]];
      if (here !== there) {
        if (Number.isNaN(here)) return Number.isNaN(there) ? one - other : 1;
        if (Number.isNaN(there)) return -1;
        return here < there ? -sign : sign;
      }
      if (exactly && exactly[one] !== exactly[other]) return exactly[one] < exactly[other] ? -sign : sign;
      return one - other;
    };
    const rows = this.found.slice();
    if (to - from < rows.length) {
      select(rows, from, 0, rows.length - 1, compare);
      select(rows, Math.min(to, rows.length) - 1, from, rows.length - 1, compare);
    }
    return rows.subarray(from, to).sort(compare);
  }

  #show() {
    const {found, from} = this;
    const to = Math.min(from + PAGE, found.length);
    const only = this.pair === null ? "" : " of one pair";
    this.said.textContent = found.length
      ? `${integer(from + 1)} to ${integer(to)} of ${count(found.length, "array")}${only}`
      : "No array passes these filters";
    // Not `disabled`, which would take the focus away from who has just pressed it.
    for (const button of this.back) button.setAttribute("aria-disabled", from === 0);
    for (const button of this.on) button.setAttribute("aria-disabled", to >= found.length);
    for (const [index, [column]] of SHOWN.entries()) {
      const sorted = column === this.order.by;
      if (sorted) this.heads[index].setAttribute("aria-sort", this.order.down ? "descending" : "ascending");
      else this.heads[index].removeAttribute("aria-sort");
    }
    this.body.replaceChildren(...Array.from(this.#sorted(from, to), (row) => this.#row(row)));
  }

  #row(row) {
    const {columns, audit} = this;
    const pair = audit.pairs[columns.pair.get(row)];
    const breaks = this.breaksOf.get(pair.index) ?? [];
    const [first] = breaks;
    const scenario = audit.scenarios[pair.scenario];
    const array = columns.array.get(row);
    const link = first && address("matrix", {scenario: scenario.name, a: audit.cell(audit.places[first.left]),
      b: audit.cell(audit.places[first.right]), array});
    const value = (column) => element("td", {class: NUMBERS.has(column) ? "number" : null},
      columns[column] ? shownValue(columns[column], row) : "");
    return element("tr", {"data-row": "array"},
      element("td", {class: "name"}, foreign(scenario.name)),
      element("td", {class: "name"}, link ? element("a", {href: link}, foreign(array)) : foreign(array)),
      element("td", {}, first ? foreign(audit.events[first.event].step) : "",
        breaks.length > 1 ? element("small", {}, `and ${integer(breaks.length - 1)} more`) : ""),
      SHOWN.slice(3).map(([column]) => value(column)));
  }

  // The rows that are found, in their order, with every column; `breaks` as in breaks.csv.
  csv() {
    const {columns, audit} = this;
    const names = Object.keys(columns).filter((column) => column !== "pair");
    const lines = [["scenario", ...names, "breaks"].join(",")];
    for (const row of this.#sorted(0, this.found.length)) {
      const pair = audit.pairs[columns.pair.get(row)];
      const breaks = (this.breaksOf.get(pair.index) ?? []).map((each) => each.id);
      lines.push([field(audit.scenarios[pair.scenario].name, "text"),
        ...names.map((column) => field(columns[column].get(row), columns[column].kind)),
        breaks.join("; ")].join(","));
    }
    return `${lines.join("\n")}\n`;
  }

  #download() {
    const address = URL.createObjectURL(new Blob([this.csv()], {type: "text/csv;charset=utf-8"}));
    element("a", {href: address, download: "arrays.csv"}).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}

// Puts the element that belongs at `position` there, smaller ones before it and larger ones behind
// (Hoare's quickselect): a page out of half a million rows needs no full sort.
function select(rows, position, left, right, compare) {
  while (left < right) {
    const pivot = rows[(left + right) >> 1];
    let low = left, high = right;
    while (low <= high) {
      while (compare(rows[low], pivot) < 0) low++;
      while (compare(rows[high], pivot) > 0) high--;
      if (low <= high) {
        [rows[low], rows[high]] = [rows[high], rows[low]];
        low++;
        high--;
      }
    }
    if (position <= high) right = high;
    else if (position >= low) left = low;
    else return;
  }
}
