// Sets the page up: what is on it already stays readable if anything here fails.

async function main() {
  const data = document.getElementById("data");
  const tables = await unpack(data.textContent);
  data.remove();
  const audit = new Audit(tables);
  // First of all, so that the browser need not lay out what is about to be replaced.
  document.documentElement.classList.add("scripted");
  const sections = Object.fromEntries(["breaks", "matrix", "arrays"].map((id) => [id, document.getElementById(id)]));
  const events = new Events(audit, sections.breaks);
  const matrix = new Matrix(audit, sections.matrix, (scenario, place) => compare.pick(scenario, place));
  const compare = new Compare(audit, matrix.beside, (sides, quiet) => {
    matrix.mark(sides);
    const here = address("matrix", {...matrix.parameters, ...sides.parameters});
    if (!quiet && location.hash !== here) history.pushState(null, "", here);
  });
  const arrays = new Arrays(audit, sections.arrays);

  function follow() {
    const {section, parameters} = addressed();
    if (!(section in sections) || !location.hash.includes("?")) return;
    if (section === "breaks") return events.apply(parameters);
    if (section === "arrays") arrays.apply(parameters);
    if (section === "matrix") {
      const {scenario, a, b, array, ...filters} = parameters;
      if (!a || Object.keys(filters).length) matrix.apply(filters);
      if (compare.apply({scenario, a, b, array})) {
        return document.getElementById("compare").scrollIntoView({block: "start"});
      }
    }
    sections[section].scrollIntoView({block: "start"});
  }

  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  follow();
  performance.mark("sameseed:ready");
  document.documentElement.dataset.ready = "true";
}

main().catch((error) => {
  // What was there before stays: the verdict, the events, the matrix.
  document.documentElement.classList.remove("scripted");
  console.error(error);
});
