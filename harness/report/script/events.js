// From an event to its breaks: opened below the event's row.

const FIRST_BREAKS = 100;
const HEADS = ["Scenario", "Between", "Kind", "Arrays", "Largest ULP", "Largest absolute", "Known cause"];

class Events {
  constructor(audit, section) {
    this.audit = audit;
    this.rows = new Map([...section.querySelectorAll("[data-event]")].map((row) => [row.dataset.event, row]));
    for (const [id, row] of this.rows) {
      const link = element("a", {class: "closer", href: address("breaks", {event: id}), "aria-expanded": "false"},
        "Look closer");
      link.addEventListener("click", (event) => {
        if (this.opened?.id !== id) return;  // the address opens it
        event.preventDefault();
        this.close();
        history.pushState(null, "", address("breaks"));
        link.focus();
      });
      row.querySelector("th").append(element("small", {}, link));
    }
    // Without this script they lead to the section.
    for (const link of document.querySelectorAll("a[data-breaks-at]")) {
      link.href = address("breaks", {event: link.dataset.breaksAt});
    }
    // A picture is one thing to a screen reader; the table has its links for the keyboard.
    for (const bar of section.querySelectorAll("[data-opens]")) {
      bar.addEventListener("click", () => { location.hash = address("breaks", {event: bar.dataset.opens}); });
    }
  }

  // Opens the event that an address names; returns what this audit does not have.
  apply({event: id}) {
    if (this.opened?.id === id) return [];
    this.close();
    if (id === undefined) return [];
    const row = this.rows.get(id);
    const event = this.audit.events.find((each) => each.id === id);
    if (!row || !event) return [id];
    const inside = element("div", {class: "inside", tabindex: "-1", role: "region", "aria-label": `Breaks at ${event.step}`});
    this.opened = {id, row: element("tr", {class: "opened", role: "row"},
      element("td", {colspan: row.cells.length, role: "cell"}, inside))};
    this.#fill(inside, event, FIRST_BREAKS);
    row.after(this.opened.row);
    row.querySelector(".closer").setAttribute("aria-expanded", "true");
    row.scrollIntoView({block: "start"});
    inside.focus({preventScroll: true});
    return [];
  }

  close() {
    if (!this.opened) return;
    this.rows.get(this.opened.id).querySelector(".closer").setAttribute("aria-expanded", "false");
    this.opened.row.remove();
    this.opened = null;
  }

  // One row per scenario; where it breaks between several cells, the others can be opened.
  #fill(inside, event, most) {
    const {audit} = this;
    const breaks = audit.breaksAt.get(event.index) ?? [];
    const counted = breaks.filter((each) => audit.scenarios[each.scenario].judged);
    const groups = [...grouped(counted, (each) => each.scenario).values()];
    const more = groups.length - most;
    const exempt = breaks.length - counted.length;
    fill(inside,
      element("p", {}, `${count(counted.length, "break")} in ${count(groups.length, "scenario")}. `,
        exempt ? `${integer(exempt)} more in scenarios that are meant to differ are left out here. ` : "",
        element("a", {href: address("matrix", {event: event.id, rows: ALL})}, "These scenarios in the matrix"), " · ",
        element("a", {href: address("arrays", {event: event.id})}, "all arrays")),
      element("table", {class: "numbers"},
        element("caption", {}, "Choose a scenario to compare the two cells, array by array"),
        element("thead", {}, element("tr", {}, HEADS.map((head, index) =>
          element("th", {scope: "col", class: index > 2 && index < 6 ? "number" : null}, head)))),
        element("tbody", {}, groups.slice(0, most).map((group) => this.#row(group)))),
      event.unchanged ? folded(event.unchanged.split("; ").map(foreign), "scenario", 0, " compared here and unchanged") : "",
      more > 0 ? element("button", {type: "button", onclick: () => {
        this.#fill(inside, event, most * 10);
        inside.querySelectorAll("tbody [data-break] th a")[most].focus();
      }}, `Show ${integer(Math.min(more, most * 9))} more`) : "");
  }

  #row([each, ...others]) {
    const {audit} = this;
    const pair = audit.pairs[each.pair];
    return element("tr", {"data-row": "break", "data-break": each.id},
      element("th", {scope: "row"}, element("a", {href: this.#address(each)}, name(audit.scenarios[each.scenario].name)),
        each.violation ? element("small", {class: "violation"}, "breaks a promise") : ""),
      // On a narrow screen rows become lists, in which each field says what it is.
      [
        [this.#between(each), others.length ? element("details", {},
          element("summary", {}, `and ${integer(others.length)} more`),
          element("ul", {}, others.map((other) => element("li", {},
            element("a", {href: this.#address(other)}, this.#between(other)))))) : ""],
        pair.kind || "unknown", whole(pair.arrays), whole(pair.max_ulp), number(pair.max_abs), caused(each),
      ].map((said, index) => element("td", {"data-label": HEADS[index + 1],
        class: index > 1 && index < 5 ? "number" : null}, said)));
  }

  #address(each) {
    const {audit} = this;
    return address("matrix", {scenario: audit.scenarios[each.scenario].name,
      a: audit.cell(audit.places[each.left]), b: audit.cell(audit.places[each.right])});
  }

  #between({left, right}) {
    const {places} = this.audit;
    return left === right ? places[left].label : `${places[left].label} → ${places[right].label}`;
  }
}

// The known causes of a break, each with its address.
function caused(each) {
  const causes = each.known.split("; ").filter(Boolean);
  const links = each.url.split("; ");
  if (!causes.length) return element("span", {class: "quiet"}, "none on file");
  // A title with the separator inside would shift the addresses: better none than a wrong one.
  const known = causes.length === links.length;
  return causes.map((cause, index) => element("div", {}, source(known ? links[index] : "", cause)));
}
