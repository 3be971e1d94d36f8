// The matrix: filtered, its columns grouped, and only what is in sight in the document, so that a
// hundred thousand marks are as quick as a hundred. One stop for the Tab key; arrows move inside.

const ROW = 26, COLUMN = 30, WIDE = 68, MARGIN = 8;
const EDGE = 8;  // above the first row and below the last: room for what marks a field
const ALL = "all";
// Up to so many marks all are in the document, where the browser's own search finds them.
const SMALL = 4000;
// What a column can be filtered by.
const AXES = ["tensorflow", "keras", "backend", "python", "numpy", "setting", "device", "machine"];

class Matrix {
  constructor(audit, section, picked) {
    this.audit = audit;
    this.picked = picked;
    this.active = [0, 0];
    this.sides = null;
    this.form = this.#controls();
    this.said = element("p", {role: "status", class: "quiet count"});
    this.grid = element("div", {
      class: "grid", role: "grid", tabindex: "0", "aria-labelledby": "matrix-title",
      "aria-describedby": "matrix-keys",
      onscroll: () => this.#draw(), onkeydown: (event) => this.#key(event),
      onclick: (event) => this.#click(event), onfocus: () => this.#draw(),
    });
    this.beside = element("div", {class: "beside"});
    section.querySelector(".static").after(
      this.form, this.said,
      element("div", {class: "halves"}, element("div", {}, this.grid, element("p", {id: "matrix-keys", class: "quiet keys"},
        "Choose a mark to see what it differs from. With the keyboard: arrows move, Enter chooses.")),
        this.beside));
    addEventListener("resize", () => this.#draw());
    this.update();
  }

  #controls() {
    const {audit} = this;
    const bands = [...new Set(audit.scenarios.map((each) => each.band))];
    const events = audit.events.map((each) => [each.id, each.step]);
    const written = (axis) => audit.words.get(axis) ?? `${axis[0].toUpperCase()}${axis.slice(1)}`;
    const varying = AXES.filter((axis) => new Set(audit.places.map((place) => place[axis])).size > 1);
    const axes = AXES.map((axis) => {
      const label = written(axis);
      const values = [...new Set(audit.places.map((place) => place[axis]))].filter(Boolean);
      return values.length > 1 &&
        choice(label, axis, [["", "all"], ...values.toSorted(versions).map((value) => [value, value])]);
    }).filter(Boolean);
    const form = element("form", {class: "controls", "aria-label": "What the matrix shows",
      oninput: () => this.#changed(), onsubmit: (event) => event.preventDefault()},
      element("label", {}, element("span", {}, "Scenario"),
        element("input", {name: "scenario", type: "search", placeholder: "part of a name"})),
      choice("Rows", "rows", [["", "all"], ...bands.map((band) => [band, band])]),
      events.length ? choice("That break at", "event", [["", "any step or none"], ...events]) : null,
      axes,
      varying.length > 1 ? choice("Columns in order of", "order",
        [["", "the matrix"], ...varying.map((axis) => [axis, written(axis)])]) : null,
      element("label", {class: "check"},
        element("input", {name: "grouped", type: "checkbox", checked: true}),
        element("span", {}, "group neighbours that agree")),
      element("button", {type: "reset", onclick: () => setTimeout(() => this.#changed())},
        "Reset"));
    // Rows that hold say little, and an order of releases much: begin with these, where there are any.
    begin(form.elements.rows, "Break");
    begin(form.elements.order, "tensorflow");
    return form;
  }

  // The parameters that differ from a fresh page.
  get parameters() {
    const found = {};
    for (const control of this.form.elements) {
      if (!control.name) continue;
      if (control.type === "checkbox") {
        if (!control.checked) found[control.name] = "no";
      } else if (control.options) {
        if (control.value !== initial(control)) found[control.name] = control.value || ALL;
      } else if (control.value) {
        found.search = control.value;
      }
    }
    return found;
  }

  // Sets the controls to what an address says; returns what this audit does not have.
  apply(parameters) {
    this.form.reset();
    const missing = [];
    for (const control of this.form.elements) {
      const value = parameters[control.name === "scenario" ? "search" : control.name];
      if (!control.name || value === undefined) continue;
      if (control.type === "checkbox") control.checked = value !== "no";
      else if (!set(control, value === ALL ? "" : value)) missing.push(value);
    }
    this.update();
    return missing;
  }

  #changed() {
    this.update();
    readdress("matrix", {...this.parameters, ...this.sides?.parameters});
  }

  // Marks the two places that are compared. Where filters hide them, these are dropped.
  mark(sides) {
    this.sides = sides;
    if (!sides) return this.#draw();
    const at = (place) => this.columns.findIndex((each) => each.includes(place));
    if (!this.rows.includes(sides.scenario) || at(sides.left) < 0 || at(sides.right) < 0) {
      this.form.reset();
      this.form.elements.rows.value = "";
      this.update();
    }
    this.active = [this.rows.indexOf(sides.scenario), at(sides.right)];
    this.#reveal();
    this.#draw();
  }

  update() {
    const {audit, form} = this;
    const value = (name) => form.elements[name]?.value ?? "";
    const matches = searched(value("scenario"));
    const event = audit.events.find((each) => each.id === value("event"));
    const hit = event && new Set((audit.breaksAt.get(event.index) ?? []).map((each) => each.scenario));
    this.rows = audit.scenarios.filter((each) => (!value("rows") || each.band === value("rows"))
      && (!hit || hit.has(each.index)) && matches(each.name.toLowerCase()));
    const places = audit.places.filter((place) =>
      AXES.every((axis) => !value(axis) || place[axis] === value(axis)));
    const order = value("order");
    // Cells that lack what they are ordered by come last.
    if (order) {
      places.sort((one, other) => !one[order] - !other[order] || versions(one[order], other[order])
        || one.index - other.index);
    }
    this.columns = form.elements.grouped.checked ? this.#grouped(places) : places.map((each) => [each]);
    this.active = [Math.min(this.active[0], Math.max(this.rows.length - 1, 0)),
      Math.min(this.active[1], Math.max(this.columns.length - 1, 0))];
    const groups = this.columns.length === places.length ? "" : ` in ${count(this.columns.length, "group")}`;
    this.said.textContent =
      `${integer(this.rows.length)} of ${count(audit.scenarios.length, "scenario")}, `
      + `${integer(places.length)} of ${count(audit.places.length, "cell")}${groups}.`;
    this.#layout();
    this.#draw();
  }

  // Neighbours whose marks agree in every row that is shown. A doubt is part of the mark, so that
  // no group hides a member that failed or that one launch alone vouches for.
  #grouped(places) {
    const {audit, rows} = this;
    const shown = audit.marks.map((each) => `${each.text} ${each.doubt}`);
    const number = shown.map((each) => shown.indexOf(each));
    const width = audit.places.length;
    const agree = (left, right) => left.status === right.status && rows.every(({index}) =>
      number[audit.matrix[index * width + left.index]]
        === number[audit.matrix[index * width + right.index]]);
    const groups = [];
    for (const place of places) {
      const last = groups.at(-1);
      if (last && agree(last[0], place)) last.push(place);
      else groups.push([place]);
    }
    return groups;
  }

  #label(group) {
    if (group.length === 1) return group[0].label;
    const [first, last] = [group[0].label, group.at(-1).label].map((label) => label.split(" "));
    const same = last.findIndex((word, index) => word !== first[index]);
    return `${group.length}× ${first.join(" ")} … ${last.slice(Math.max(same, 0)).join(" ")}`;
  }

  #layout() {
    const {rows, columns} = this;
    this.labels = columns.map((group) => this.#label(group));
    const longest = Math.max(0, ...this.labels.map((label) => label.length));
    this.wide = columns.length <= 8 && longest <= 9;
    this.pitch = this.wide ? WIDE : COLUMN;
    this.top = this.wide ? ROW : Math.min(24 + longest * 6.8, 340);
    const names = Math.max(0, ...rows.map((row) => row.name.length));
    this.side = Math.min(Math.max(names * 7.4 + 16, 120), innerWidth < 700 ? 150 : 300);
    this.whole = rows.length * columns.length <= SMALL;
    const {grid} = this;
    grid.setAttribute("aria-rowcount", rows.length + 1);
    grid.setAttribute("aria-colcount", columns.length + 1);
    this.sheet = element("div", {class: "sheet", role: "presentation"});
    this.sheet.style.width = `${this.side + columns.length * this.pitch}px`;
    this.sheet.style.height = `${this.top + rows.length * ROW + 2 * EDGE}px`;
    grid.replaceChildren(this.sheet);
    this.drawn = "";
  }

  #window() {
    if (this.whole) return [0, this.rows.length, 0, this.columns.length];
    const {scrollTop, scrollLeft, clientHeight, clientWidth} = this.grid;
    return [
      Math.max(0, Math.floor(scrollTop / ROW) - MARGIN),
      Math.min(this.rows.length, Math.ceil((scrollTop + (clientHeight || 600)) / ROW) + MARGIN),
      Math.max(0, Math.floor(scrollLeft / this.pitch) - MARGIN),
      Math.min(this.columns.length, Math.ceil((scrollLeft + (clientWidth || 1200)) / this.pitch) + MARGIN),
    ];
  }

  #draw() {
    if (!this.sheet) return;
    const [top, bottom, left, right] = this.#window();
    const state = [top, bottom, left, right, this.active, this.sides?.key].join();
    if (state === this.drawn) return;
    this.drawn = state;
    const body = [];
    for (let row = top; row < bottom; row++) body.push(this.#row(row, left, right));
    this.sheet.replaceChildren(this.#head(left, right), ...body);
    const active = document.getElementById(this.#id(...this.active));
    if (active) this.grid.setAttribute("aria-activedescendant", active.id);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  #head(left, right) {
    const corner = element("div", {role: "columnheader", class: "corner", "aria-colindex": 1}, "Scenario");
    corner.style.width = `${this.side}px`;
    const head = element("div", {role: "row", "aria-rowindex": 1, class: this.wide ? "heads" : "heads upright"},
      corner);
    head.style.height = `${this.top}px`;
    for (let column = left; column < right; column++) {
      const group = this.columns[column];
      const made = element("div", {
        role: "columnheader", "aria-colindex": column + 2,
        class: group[0].status === "ok" ? "head" : "head missing",
        title: group.map((place) => `${place.label}: ${this.audit.cell(place)}`).join("\n"),
      }, element("span", {}, readable(this.labels[column])));
      this.#place(made, column);
      head.append(made);
    }
    return head;
  }

  #row(row, left, right) {
    const scenario = this.rows[row];
    const header = element("div", {role: "rowheader", "aria-colindex": 1, class: "name",
      title: `${scenario.name}\n${scenario.summary}\n${scenario.note}`}, foreign(scenario.name));
    header.style.width = `${this.side}px`;
    const made = element("div", {role: "row", class: "line", "aria-rowindex": row + 2}, header);
    made.style.top = `${this.top + EDGE + row * ROW}px`;
    for (let column = left; column < right; column++) made.append(this.#field(scenario, row, column));
    return made;
  }

  #field(scenario, row, column) {
    const group = this.columns[column];
    const mark = this.audit.mark(scenario, group[0]);
    const active = row === this.active[0] && column === this.active[1];
    let look = `field ${mark.look}${active ? " active" : ""}`;
    let side = "";
    if (this.sides?.scenario === scenario) {
      if (group.includes(this.sides.left)) side += "1";
      if (group.includes(this.sides.right)) side += "2";
    }
    if (side) look += " side";
    const made = element("div", {
      role: "gridcell", id: this.#id(row, column), class: look, "aria-colindex": column + 2,
      "aria-selected": side ? "true" : null, "data-side": side || null,
      "aria-label": `${this.labels[column]}: ${mark.meaning}`,
      title: mark.text === "!" || mark.doubt === "!" ? mark.meaning : null,
    }, mark.text);
    if (mark.doubt) made.append(element("sup", {}, mark.doubt));
    this.#place(made, column);
    return made;
  }

  #place(made, column) {
    made.style.left = `${this.side + column * this.pitch}px`;
    made.style.width = `${this.pitch - 2}px`;
  }

  #id(row, column) {
    return `field-${row}-${column}`;
  }

  #key(event) {
    const {rows, columns} = this;
    const page = Math.max(1, Math.floor((this.grid.clientHeight - this.top) / ROW) - 1);
    const moves = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      PageUp: [-page, 0], PageDown: [page, 0], Home: [0, -columns.length], End: [0, columns.length],
    };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return this.#pick(...this.active);
    }
    const move = moves[event.key];
    if (!move || event.altKey || event.metaKey) return;
    event.preventDefault();
    const far = event.ctrlKey ? Infinity : 1;
    const within = (value, size) => Math.min(Math.max(value, 0), Math.max(size - 1, 0));
    this.active = [
      within(this.active[0] + (move[0] && move[0] * far), rows.length),
      within(this.active[1] + (move[1] && move[1] * far), columns.length),
    ];
    this.#reveal();
    this.#draw();
  }

  #click(event) {
    const field = event.target.closest("[role=gridcell]");
    if (!field) return;
    this.#pick(...field.id.split("-").slice(1).map(Number));
  }

  #pick(row, column) {
    if (!this.rows[row] || !this.columns[column]) return;
    this.active = [row, column];
    this.picked(this.rows[row], this.columns[column][0]);
    this.#draw();
  }

  // Scrolls so that the active field is in sight, below the heads and beside the names.
  #reveal() {
    const {grid, pitch, top, side} = this;
    const [row, column] = this.active;
    const upper = row * ROW, left = column * pitch;
    if (upper < grid.scrollTop) grid.scrollTop = upper;
    if (upper + ROW + top + 2 * EDGE > grid.scrollTop + grid.clientHeight) {
      grid.scrollTop = upper + ROW + top + 2 * EDGE - grid.clientHeight;
    }
    if (left < grid.scrollLeft) grid.scrollLeft = left;
    if (left + 2 * pitch + side > grid.scrollLeft + grid.clientWidth) {
      grid.scrollLeft = left + 2 * pitch + side - grid.clientWidth;
    }
  }
}

// What a list has on a fresh page.
function initial(list) {
  return ([...list.options].find((each) => each.defaultSelected) ?? list.options[0]).value;
}

// Makes a choice the first one of a list that has it.
function begin(list, value) {
  const option = list && [...list.options].find((each) => each.value === value);
  if (option) option.selected = option.defaultSelected = true;
}
