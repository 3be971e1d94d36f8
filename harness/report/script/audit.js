// The audit as the page looks at it: the tables, and what follows from them at once.

// What a mark without a letter says: nothing can be compared with it.
const LETTER = /^[A-Z]+$/;

class Audit {
  constructor(tables) {
    this.places = records(tables.places);
    this.scenarios = records(tables.scenarios);
    this.events = records(tables.events);
    this.marks = records(tables.marks);
    this.breaks = records(tables.breaks);
    this.pairs = records(tables.pairs);
    // How kinds of difference and axes are written.
    this.words = new Map(records(tables.words).map(({word, written}) => [word, written]));
    this.matrix = tables.matrix.columns.mark.codes;
    this.arrays = tables.arrays;
    this.scripts = grouped(records(tables.scripts), (script) => script.break);
    this.machines = new Set(this.places.map((place) => place.machine).filter(Boolean)).size;
    this.facts = this.places.map(() => new Map());
    const {group, fact, value, place} = tables.facts.columns;
    for (let row = 0; row < tables.facts.rows; row++) {
      const [of, named] = [group.get(row), fact.get(row)];
      this.facts[place.get(row)].set(`${of.length} ${of}${named}`, {group: of, fact: named, value: value.get(row)});
    }
    this.scenarioNamed = new Map(this.scenarios.map((each) => [each.name, each]));
    this.placeNamed = new Map(this.places.map((each) => [this.cell(each), each]));
    this.breaksOf = grouped(this.breaks, (each) => each.scenario);
    this.breaksAt = grouped(this.breaks, (each) => each.event);
    this.spansOf = grouped(records(tables.spans), (each) => each.scenario);
    this.#rows();
  }

  // How a place is called in an address and by `sameseed diff`.
  cell(place) {
    const cell = `${place.environment}.${place.setting}.${place.device}`;
    return this.machines > 1 && place.machine ? `${cell}@${place.machine}` : cell;
  }

  mark(scenario, place) {
    return this.marks[this.matrix[scenario.index * this.places.length + place.index]];
  }

  letter(scenario, place) {
    const {text} = this.mark(scenario, place);
    return LETTER.test(text) ? text : "";
  }

  // The arrays of a pair are rows `first` to `last` (not included) of the arrays' table.
  #rows() {
    const {codes} = this.arrays.columns.pair;
    for (const each of this.pairs) each.first = each.last = 0;
    for (let row = 0; row < this.arrays.rows; row++) {
      const each = this.pairs[codes[row]];
      if (each.last === 0) each.first = row;
      each.last = row + 1;
    }
  }

  // The breaks of a scenario between just these two places, in whichever order.
  between(scenario, left, right) {
    return (this.breaksOf.get(scenario.index) ?? []).filter((each) => each.left !== each.right
      && (each.left === left.index ? each.right === right.index
        : each.left === right.index && each.right === left.index));
  }

  // The breaks of a scenario whose two results are those of these places, bit by bit.
  alike(scenario, left, right) {
    const letters = [left, right].map((place) => this.letter(scenario, place)).toSorted().join();
    return (this.breaksOf.get(scenario.index) ?? []).filter((each) => each.left !== each.right
      && [each.left, each.right].map((at) => this.letter(scenario, this.places[at])).toSorted().join() === letters);
  }

  // What is on record of two places and differs: [group, fact, left, right], and how much agrees.
  differing(left, right) {
    const [here, there] = [this.facts[left.index], this.facts[right.index]];
    const keys = [...new Set([...here.keys(), ...there.keys()])];
    const rows = keys.filter((key) => here.get(key)?.value !== there.get(key)?.value).map((key) => {
      const {group, fact} = here.get(key) ?? there.get(key);
      return [group, fact, here.get(key)?.value ?? "absent", there.get(key)?.value ?? "absent"];
    });
    return {rows, equal: keys.length - rows.length};
  }

  // Where along each line of versions a scenario has which variant, the longest lines first:
  // [{axis, line, spans}].
  lines(scenario) {
    const spans = this.spansOf.get(scenario.index) ?? [];
    const lines = grouped(spans, ({axis, line, setting, device, machine}) =>
      [axis, line, setting, device, this.machines > 1 ? machine : ""].join("\n"));
    return [...lines.values()].filter((each) => each.length > 1 || each[0].from !== each[0].to)
      .map((each) => ({...each[0], spans: each})).sort((one, other) => other.spans.length - one.spans.length);
  }
}
