// Sets the page up: what is on it already stays readable if anything here fails.

async function main() {
  const data = document.getElementById("data");
  const tables = await unpack(data.textContent);
  data.remove();
  const audit = new Audit(tables);
  // First of all, so that the browser need not lay out what is about to be replaced.
  document.documentElement.classList.add("scripted");
  const [atBreaks, atMatrix, atArrays] = ["breaks", "matrix", "arrays"].map((id) => document.getElementById(id));
  const events = new Events(audit, atBreaks);
  const matrix = new Matrix(audit, atMatrix, (scenario, place) => compare.pick(scenario, place));
  // Where a comparison is found, with the filters that are set.
  const link = (parameters) => address("matrix", {...matrix.parameters, ...parameters});
  const compare = new Compare(audit, matrix.beside, link, (sides, quiet) => {
    matrix.mark(sides);
    const here = link(sides.parameters);
    if (!quiet && location.hash !== here) history.pushState(null, "", here);
  });
  const arrays = new Arrays(audit, atArrays);
  const notice = element("p", {role: "status", class: "notice"});

  // Section → what its part of the address says. Each returns what this audit does not have.
  const sections = new Map([
    ["breaks", (parameters) => events.apply(parameters)],
    ["arrays", (parameters) => arrays.apply(parameters)],
    ["matrix", ({scenario, a, b, array, ...filters}) => {
      const filtered = matrix.apply(filters);
      const missing = compare.apply({scenario, a, b, array});
      if (!compare.sides) matrix.mark(null);
      // Filters that would have hidden what is compared were dropped.
      else if (!missing.length) history.replaceState(null, "", link({...compare.sides.parameters, array}));
      return [...filtered, ...missing];
    }],
  ]);

  // Makes the page what the address says. Without one it is as it was first.
  function follow() {
    const {section, parameters} = addressed();
    if (section === "") for (const apply of sections.values()) apply({});
    const missing = sections.get(section)?.(parameters) ?? [];
    notice.textContent = missing.length
      ? `The address names what this audit does not have: ${readable(missing.join(", "))}.` : "";
    if (!sections.has(section) || !location.hash.includes("?")) return;
    const place = document.getElementById(section);
    place.querySelector("h2").after(notice);
    if (section === "matrix" && compare.sides) {
      compare.title.scrollIntoView({block: "start"});
      compare.title.focus({preventScroll: true});
    } else if (section !== "breaks" || missing.length) {
      place.scrollIntoView({block: "start"});
    }
  }

  addEventListener("hashchange", follow);
  if (location.hash) follow();
  performance.mark("sameseed:ready");
  document.documentElement.dataset.ready = "true";
}

main().catch((error) => {
  // What was there before stays: the verdict, the events, the matrix.
  document.documentElement.classList.remove("scripted");
  console.error(error);
});
