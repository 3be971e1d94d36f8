// Two cells beside each other, in one scenario: what differs, how far, why perhaps, and how to see
// it oneself.

// Kind of difference → in a sentence.
const KINDS = {
  rounding: "other last bits (rounding)",
  drift: "the same draw, grown apart (drift)",
  reordered: "the same values in other places (reordered)",
  redraw: "another random stream (redraw)",
  structure: "other arrays, shapes or types (structure)",
  nonfinite: "infinities or not-a-number (nonfinite)",
  "": "something (the kind is unknown)",
};
const FIRST_ARRAYS = 12;

class Compare {
  constructor(audit, host, changed) {
    this.audit = audit;
    this.changed = changed;
    const places = audit.places.map((place) => [audit.cell(place), place.label]);
    this.form = element("form", {class: "controls", onsubmit: (event) => event.preventDefault(),
      oninput: () => this.#chosen(), "aria-label": "What is compared"},
      choice("Scenario", "scenario", [["", "choose one"], ...audit.scenarios.map(({name}) => [name, name])]),
      choice("Cell 1", "a", places), choice("Cell 2", "b", places),
      element("button", {type: "button", class: "small", onclick: () => this.#swap()}, "Swap 1 and 2"));
    this.answer = element("div", {class: "answer", role: "region", "aria-live": "polite", "aria-label": "Comparison"},
      element("p", {class: "quiet"}, "Choose a mark in the matrix, or a scenario and two cells."));
    host.append(element("h3", {id: "compare"}, "Compare two cells"), this.form, this.answer);
  }

  // A scenario and one cell: the other one is where the result was last another one.
  pick(scenario, place) {
    const {audit} = this;
    const letter = audit.letter(scenario, place);
    const near = (audit.breaksOf.get(scenario.index) ?? []).filter((each) => each.left !== each.right);
    const before = near.find((each) => each.right === place.index) ?? near.find((each) => each.left === place.index);
    if (before) return this.show(scenario, audit.places[before.left], audit.places[before.right]);
    const others = audit.places.filter((each) => letter && audit.letter(scenario, each)
      && audit.letter(scenario, each) !== letter);
    // The cell that is most like this one, and gave something else.
    const distance = new Map(others.map((each) => [each, audit.differing(each, place).rows.length]));
    const other = others.toSorted((one, two) => distance.get(one) - distance.get(two))[0]
      ?? audit.places[place.index ? place.index - 1 : Math.min(1, audit.places.length - 1)];
    this.show(scenario, ...(other.index < place.index ? [other, place] : [place, other]));
  }

  // What an address says; false if it names what is not in this audit.
  apply({scenario, a, b, array}) {
    const found = [this.audit.scenarioNamed.get(scenario), this.audit.placeNamed.get(a), this.audit.placeNamed.get(b)];
    if (!found.every(Boolean)) return false;
    this.show(...found, {array, quiet: true});
    return true;
  }

  show(scenario, left, right, {array = "", quiet = false} = {}) {
    this.sides = {scenario, left, right, key: [scenario.index, left.index, right.index].join(),
      parameters: {scenario: scenario.name, a: this.audit.cell(left), b: this.audit.cell(right)}};
    this.form.elements.scenario.value = scenario.name;
    this.form.elements.a.value = this.sides.parameters.a;
    this.form.elements.b.value = this.sides.parameters.b;
    this.answer.replaceChildren(...this.#answer(array));
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
    if (left === right) return [...about, this.#within(scenario, left, marks[0], array)].flat(Infinity);
    const doubts = both.filter((_, side) => letters[side] && marks[side].doubt).map((place) =>
      element("p", {class: "quiet"}, foreign(place.label), ": ", foreign(audit.mark(scenario, place).meaning), "."));
    const [between] = audit.between(scenario, left, right);
    return [...about, between ? this.#neighbours(between, letters, array)
      : !letters.every(Boolean) ? this.#incomparable(scenario, both, marks, letters)
        : letters[0] === letters[1] ? element("p", {}, badge("good", "Identical"),
          ` Both give variant ${letters[0]}: every array agrees to the last bit.`)
          : this.#strangers(scenario, both, letters, array),
    doubts, this.#environments(left, right)].flat(Infinity);
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
      [index ? "; " : " ", foreign(place.label), ": ", foreign(mark.meaning)]), "."),
    // A link to each cell's own launches, where these differ.
    without.filter(([, mark]) => mark.text === "≠").map(([place]) => element("p", {},
      element("a", {href: address("matrix", {scenario: scenario.name, a: this.audit.cell(place),
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
      return [element("p", {}, "1 and 2 are the same cell: ", foreign(mark.meaning), ".")];
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
    const made = element("span", {}, `${KINDS[kind] ?? kind}.`);
    if (arrays !== null) {
      made.append(` ${count(arrays, "array")} ${Number(arrays) === 1 ? "differs" : "differ"}`);
      if (ulp !== null) made.append(`, by up to ${integer(ulp)} ULP`);
      if (absolute !== null) made.append(ulp === null ? ", by up to " : " or ", number(absolute));
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
      term("Rests on"), element("dd", {}, `${count(each.launches, "launch", "launches")} of each side`),
      term("See it yourself"), element("dd", {}, copied(`sameseed reproduce ${each.id}`),
        scripts.map(({file}) => element("div", {}, element("a", {href: `reproducers/${encodeURIComponent(file)}`}, file)))));
  }

  #link(each) {
    const {audit} = this;
    return element("a", {href: address("matrix", {scenario: audit.scenarios[each.scenario].name,
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
    const open = (row) => address("matrix", {...this.sides.parameters, array: columns.array.get(row)});
    return [
      counts.size ? [element("h4", {}, "How far apart the elements are",
        array && chosen.length ? [": ", name(array)] : ""),
        element("p", {class: "quiet"}, "In units in the last place (ULP): 1 is the smallest step "
          + "between two numbers. Bars grow with the logarithm of the count."), histogram(counts)] : "",
      element("h4", {}, array && chosen.length ? "This array" : "Arrays that differ"),
      array && chosen.length ? element("dl", {class: "cause"}, Object.keys(columns)
        .filter((each) => each !== "pair" && each !== "ulp_histogram")
        .flatMap((each) => [term(each), element("dd", {}, shownValue(columns[each], chosen[0]))]))
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
        ? element("a", {href: address("matrix", this.sides.parameters)}, "All arrays of this pair")
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
