// Two cells beside each other, in one scenario: what differs, how far, why perhaps, and how to see
// it oneself.

// Column of an array → what it says, where the whole of it is shown.
const MEASURED = {
  array: "Array", kind: "Kind", dtype: "Element type", shape: "Shape", size: "Elements", differing: "Differ",
  share: "Share that differs", max_abs: "Largest absolute", mean_abs: "Mean absolute", max_rel: "Largest relative",
  mean_rel: "Mean relative", max_ulp: "Largest ULP", ulp_p50: "Median ULP", ulp_p90: "90 % within, ULP",
  ulp_p99: "99 % within, ULP", first_index: "First at", correlation: "Correlation",
};
const FIRST_ARRAYS = 12;

class Compare {
  constructor(audit, host, link, changed) {
    this.audit = audit;
    this.link = link;
    this.changed = changed;
    const places = audit.places.map((place) => [audit.cell(place), place.label])
      .sort(([, one], [, other]) => versions(one, other));
    this.form = element("form", {class: "controls", onsubmit: (event) => event.preventDefault(),
      oninput: () => this.#chosen(), "aria-label": "What is compared"},
      choice("Scenario", "scenario", [["", "choose one"], ...audit.scenarios.map(({name}) => [name, name])]),
      choice("Cell 1", "a", places), choice("Cell 2", "b", places),
      element("button", {type: "button", onclick: () => this.#swap()}, "Swap 1 and 2"));
    this.answer = element("div", {class: "answer", role: "region", "aria-label": "Comparison"});
    // What a screen reader says of a new comparison: one sentence, not all its tables.
    this.said = element("p", {role: "status", class: "unseen"});
    this.title = element("h3", {id: "compare", tabindex: "-1"}, "Compare two cells");
    host.append(this.title, this.form, this.said, this.answer);
    this.clear();
  }

  clear() {
    this.sides = null;
    this.form.reset();
    this.said.textContent = "";
    fill(this.answer, element("p", {class: "quiet"}, "Choose a mark in the matrix, or a scenario and two cells."));
  }

  // A scenario and one cell: the other one is where the result was last another one, else the cell
  // that is most like this one and gave something else. A cell without a result stands alone.
  pick(scenario, place) {
    const {audit} = this;
    const letter = audit.letter(scenario, place);
    if (!letter) return this.show(scenario, place, place);
    const near = (audit.breaksOf.get(scenario.index) ?? []).filter((each) => each.left !== each.right);
    const step = near.find((each) => each.right === place.index) ?? near.find((each) => each.left === place.index);
    if (step) return this.show(scenario, audit.places[step.left], audit.places[step.right]);
    const others = audit.places.filter((each) => each !== place && audit.letter(scenario, each));
    const different = others.filter((each) => audit.letter(scenario, each) !== letter);
    const candidates = different.length ? different : others;
    const distance = new Map(candidates.map((each) => [each, audit.differing(each, place).rows.length]));
    const [other] = candidates.sort((one, two) => distance.get(one) - distance.get(two));
    if (!other) return this.show(scenario, place, place);
    this.show(scenario, ...(other.index < place.index ? [other, place] : [place, other]));
  }

  // Shows what an address says; returns what this audit does not have.
  apply({scenario, a, b, array}) {
    if (scenario === undefined) {
      this.clear();
      return [];
    }
    const found = [this.audit.scenarioNamed.get(scenario), this.audit.placeNamed.get(a), this.audit.placeNamed.get(b)];
    const missing = [scenario, a, b].filter((_, index) => !found[index]).map((each) => each ?? "a cell");
    if (!missing.length) this.show(...found, {array, quiet: true});
    return missing;
  }

  show(scenario, left, right, {array = "", quiet = false} = {}) {
    this.sides = {scenario, left, right, key: [scenario.index, left.index, right.index].join(),
      parameters: {scenario: scenario.name, a: this.audit.cell(left), b: this.audit.cell(right)}};
    this.form.elements.scenario.value = scenario.name;
    this.form.elements.a.value = this.sides.parameters.a;
    this.form.elements.b.value = this.sides.parameters.b;
    fill(this.answer, this.#answer(array));
    this.said.textContent = this.answer.querySelector(".badge")?.parentElement.textContent ?? "";
    this.changed(this.sides, quiet);
  }

  #chosen() {
    const {scenario, a, b} = this.form.elements;
    if (scenario.value) {
      this.show(this.audit.scenarioNamed.get(scenario.value), this.audit.placeNamed.get(a.value),
        this.audit.placeNamed.get(b.value));
    }
  }

  #swap() {
    if (this.sides) this.show(this.sides.scenario, this.sides.right, this.sides.left);
  }

  #answer(array) {
    const {audit, sides: {scenario, left, right}} = this;
    const both = [left, right];
    const marks = both.map((place) => audit.mark(scenario, place));
    const letters = both.map((place) => audit.letter(scenario, place));
    const about = [element("h4", {}, name(scenario.name)),
      element("p", {class: "quiet"}, prose(scenario.summary))];
    about.push(this.#versions(scenario));
    if (left === right) return [about, this.#within(scenario, left, marks[0], array)];
    const doubts = both.filter((_, side) => letters[side] && marks[side].doubt).map((place) =>
      element("p", {class: "quiet"}, foreign(place.label), ": ", foreign(audit.mark(scenario, place).meaning), "."));
    const [between] = audit.between(scenario, left, right);
    return [about, between ? this.#neighbours(between, letters, array)
      : !letters.every(Boolean) ? this.#incomparable(scenario, both, marks, letters)
        : letters[0] === letters[1] ? element("p", {}, badge("good", "Identical"),
          ` Both give variant ${letters[0]}: every array agrees to the last bit.`)
          : this.#strangers(scenario, both, letters, array),
    doubts, this.#environments(left, right)];
  }

  // Where along the versions the scenario has which variant.
  #versions(scenario) {
    const lines = this.audit.lines(scenario);
    if (!lines.length) return "";
    const said = ({axis, line, setting, spans}) => element("li", {},
      element("span", {class: "spans"}, spans.map((span, index) => [index ? ", " : "", element("span", {},
        element("b", {}, span.variant || "≠"), ` ${span.from}${span.to === span.from ? "" : ` to ${span.to}`}`)])),
      element("small", {}, `${this.audit.words.get(axis) ?? axis}; ${line}; setting ${setting}`));
    return element("details", {class: "lines"},
      element("summary", {}, "Along the versions: ", said(lines[0]).firstChild),
      element("ul", {}, lines.map(said)));
  }

  // A break between just these cells.
  #neighbours(each, letters, array) {
    const pair = this.audit.pairs[each.pair];
    return [element("p", {}, badge("bad", "Different"), letters.every(Boolean)
      ? ` Variant ${letters[0]} against variant ${letters[1]}: `
      : " In those arrays that are the same in every launch of a cell: ", this.#numbers(pair)),
    this.#cause(each), this.#pair(pair, array)];
  }

  #incomparable(scenario, places, marks, letters) {
    const without = places.map((place, side) => [place, marks[side]]).filter((_, side) => !letters[side]);
    return [element("p", {}, badge("warn", "Not compared"), without.map(([place, mark], index) =>
      [index ? "; " : " ", foreign(place.label), ": ", prose(mark.meaning)]), "."),
    // A link to each cell's own launches, where these differ.
    without.filter(([, mark]) => mark.text === "≠").map(([place]) => element("p", {},
      element("a", {href: this.link({scenario: scenario.name, a: this.audit.cell(place),
        b: this.audit.cell(place)})}, "What differs between launches of ", foreign(place.label))))];
  }

  // Two results that differ, of cells that were not compared. Nothing can be said of the cause, but
  // where the same two results meet with one thing changed.
  #strangers(scenario, [left, right], letters, array) {
    const {audit} = this;
    const alike = audit.alike(scenario, left, right);
    const pair = alike.length ? audit.pairs[alike[0].pair] : null;
    const steps = [...new Map(alike.map((each) => [each.event, each])).values()];
    return [
      element("p", {}, badge("bad", "Different"), ` Variant ${letters[0]} against variant ${letters[1]}`,
        pair ? [": ", this.#numbers(pair)] : "."),
      element("p", {}, "The audit did not compare these two cells as neighbours: more than one thing may "
        + "differ between them (below), so that this pair alone does not tell the cause."),
      pair ? element("p", {}, "The same two results meet where one thing changes: ",
        steps.slice(0, 6).map((each, index) => [index ? ", " : "", this.#link(each)]), ".")
        : [element("p", {}, "No pair of neighbours gave just these two results, so that no numbers are "
          + "on record for them. To measure: "),
        element("p", {}, copied(`sameseed diff ${[left, right].map((place) => audit.cell(place)).join(" ")}`))],
      pair ? this.#pair(pair, array) : "",
    ];
  }

  // One cell with itself: whether its launches, and rebuilds within one process, agree.
  #within(scenario, place, mark, array) {
    const found = (this.audit.breaksOf.get(scenario.index) ?? [])
      .filter((each) => each.left === place.index && each.right === place.index);
    if (!found.length) {
      return [element("p", {}, badge(mark.look.startsWith("v") ? "good" : "warn", "One cell"), " ",
        foreign(place.label), ": ", prose(mark.meaning), ".")];
    }
    return found.flatMap((each) => [
      element("p", {}, badge("bad", "Different"), ` ${this.#where(each)}: `, this.#numbers(this.audit.pairs[each.pair])),
      this.#cause(each), this.#pair(this.audit.pairs[each.pair], array)]);
  }

  #where(each) {
    const event = this.audit.events[each.event];
    return `${event.meaning[0].toUpperCase()}${event.meaning.slice(1)}: ${event.step}`;
  }

  // What a pair comes to: its kind, how many arrays differ, by how much, and where it begins.
  #numbers({kind, arrays, unchanged, max_ulp: ulp, max_abs: absolute, first_index: first}) {
    const made = element("span", {}, `${this.audit.words.get(kind)}.`);
    if (arrays !== null) {
      made.append(` ${count(arrays, "array")} ${Number(arrays) === 1 ? "differs" : "differ"}`);
      const signs = Number(ulp) === 0 && absolute === 0;
      if (ulp !== null && signs) made.append(", in the sign of zeros only");
      else if (ulp !== null) made.append(`, by up to ${integer(ulp)} ULP`);
      if (absolute !== null && !signs) made.append(ulp === null ? ", by up to " : " or ", number(absolute));
      if (unchanged) made.append(`; ${integer(unchanged)} more ${Number(unchanged) === 1 ? "agrees" : "agree"}`);
      made.append(".");
    }
    if (first) made.append(" First at ", name(first), ".");
    return made;
  }

  // A break between just these cells: its step, what else moved, the known cause, the reproducer.
  #cause(each) {
    const moved = each.confounders.split("; ").filter(Boolean);
    const scripts = this.audit.scripts.get(each.id) ?? [];
    const event = this.audit.events[each.event];
    return element("dl", {class: "cause"},
      term("Step"), element("dd", {},
        element("a", {href: address("breaks", {event: event.id})}, foreign(event.step)), ` (${event.meaning})`,
        each.violation ? [" ", badge("bad", "breaks a documented promise")] : ""),
      term("Known cause"), element("dd", {}, caused(each)),
      term("Also moved"), element("dd", {}, moved.length
        ? folded(moved.map(foreign), "fact", 4)
        : element("span", {class: "quiet"}, "nothing else on record")),
      term("Rests on"), element("dd", {}, each.left === each.right
        ? `${count(each.launches, "launch", "launches")} of this cell`
        : `at least ${count(each.launches, "launch", "launches")} of each side`),
      term("See it yourself"), element("dd", {}, copied(`sameseed reproduce ${each.id}`),
        scripts.map(({file}) => element("div", {}, element("a", {href: `reproducers/${encodeURIComponent(file)}`}, file)))));
  }

  #link(each) {
    const {audit} = this;
    return element("a", {href: this.link({scenario: audit.scenarios[each.scenario].name,
      a: audit.cell(audit.places[each.left]), b: audit.cell(audit.places[each.right])})},
      foreign(audit.events[each.event].step));
  }

  #pair(pair, array) {
    const {columns} = this.audit.arrays;
    const rows = Array.from({length: pair.last - pair.first}, (_, index) => pair.first + index);
    if (!rows.length) {
      return [element("p", {class: "quiet"}, "Of this pair no arrays are in this page; see ",
        element("a", {href: "csv/differences.csv"}, "differences.csv"), ".")];
    }
    const chosen = array ? rows.filter((row) => columns.array.get(row) === array) : rows;
    const shown = chosen.length ? chosen : rows;
    const counts = columns.ulp_histogram ? added(shown.map((row) => columns.ulp_histogram.get(row))) : new Map();
    const open = (row) => this.link({...this.sides.parameters, array: columns.array.get(row)});
    return [
      counts.size ? [element("h4", {}, "How far apart the elements are",
        array && chosen.length ? [": ", name(array)] : ""),
        element("p", {class: "quiet"}, "In units in the last place (ULP): 1 is the smallest step "
          + "between two numbers. A bar counts the elements up to the number below it; bars grow with "
          + "the logarithm of the count."), histogram(counts)] : "",
      element("h4", {}, array && chosen.length ? "This array" : "Arrays that differ"),
      array && chosen.length ? element("dl", {class: "cause"}, Object.keys(columns)
        .filter((each) => each !== "pair" && each !== "ulp_histogram")
        .flatMap((each) => [term(MEASURED[each] ?? each), element("dd", {}, shownValue(columns[each], chosen[0]))]))
        : element("div", {class: "scroll"}, element("table", {class: "numbers"},
          element("caption", {}, "In order of creation; choose one for all that was measured of it"),
          element("thead", {}, element("tr", {}, ["Array", "Kind", "Elements", "Largest ULP", "Largest absolute"]
            .map((head, index) => element("th", {scope: "col", class: index > 1 ? "number" : null}, head)))),
          element("tbody", {}, shown.slice(0, FIRST_ARRAYS).map((row) => element("tr", {},
            element("th", {scope: "row"}, element("a", {href: open(row)}, name(columns.array.get(row)))),
            element("td", {}, columns.kind.get(row)),
            element("td", {class: "number"}, whole(columns.differing.get(row)), " of ", whole(columns.size.get(row))),
            element("td", {class: "number"}, whole(columns.max_ulp.get(row))),
            element("td", {class: "number"}, number(columns.max_abs.get(row)))))))),
      element("p", {}, array && chosen.length
        ? element("a", {href: this.link(this.sides.parameters)}, "All arrays of this pair")
        : element("a", {href: address("arrays", {pair: pair.index})},
          `${count(rows.length, "array")} in the table below, with all numbers`)),
    ].flat(Infinity);
  }

  #environments(left, right) {
    if (left === right) return "";
    const {rows, equal} = this.audit.differing(left, right);
    const none = [left, right].find((place) => !this.audit.facts[place.index].size);
    if (none) return element("p", {class: "quiet"}, `Nothing is on record of ${none.label}.`);
    return element("details", {open: rows.length <= 12 || null, class: "environments"},
      element("summary", {}, `Environment: ${count(rows.length, "fact")} ${rows.length === 1 ? "differs" : "differ"}, ${integer(equal)} agree`),
      element("div", {class: "scroll"}, element("table", {class: "numbers"},
        element("caption", {}, "Only what differs. All of it: ", element("a", {href: "csv/facts.csv"}, "facts.csv")),
        element("thead", {}, element("tr", {}, ["Fact", `1: ${left.label}`, `2: ${right.label}`].map((head) =>
          element("th", {scope: "col"}, readable(head))))),
        element("tbody", {}, rows.map(([group, fact, here, there]) => element("tr", {},
          element("th", {scope: "row"}, foreign(fact), element("small", {}, group)),
          element("td", {}, foreign(here)), element("td", {}, foreign(there))))))));
  }
}

function badge(look, text) {
  return element("span", {class: `badge ${look}`}, text);
}

function term(text) {
  return element("dt", {}, text);
}

// A list of which the first few are shown and the rest can be opened.
function folded(items, noun, most, said = "") {
  const list = (some) => element("ul", {}, some.map((item) => element("li", {}, item)));
  if (items.length <= most) return list(items);
  const rest = count(items.length - most, noun);
  return [most ? list(items.slice(0, most)) : "", element("details", {},
    element("summary", {}, most ? `${integer(items.length - most)} more` : `${rest}${said}`),
    list(items.slice(most)))];
}

function shownValue(column, row) {
  const value = column.get(row);
  if (value === null || value === "") return element("span", {class: "quiet"}, "–");
  if (column.kind === "number") return number(value);
  return column.kind === "integer" ? integer(value) : foreign(value);
}
