// How far apart the elements are: one bar per power of two of ULP, and the same as a table.

const CHART = {width: 560, height: 150, bottom: 22, top: 16};

// `1:5; 2:10` of each array → power of two → elements, added up.
function added(histograms) {
  const total = new Map();
  for (const histogram of histograms) {
    for (const part of histogram.split("; ").filter(Boolean)) {
      const [end, elements] = part.split(":");
      total.set(BigInt(end), (total.get(BigInt(end)) ?? 0) + Number(elements));
    }
  }
  return new Map([...total].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function range(end) {
  return end <= 2n ? integer(end) : `${integer(end / 2n + 1n)} to ${integer(end)}`;
}

function histogram(counts) {
  const ends = [...counts.keys()];
  const power = (end) => end === 0n ? -1 : end.toString(2).length - 1;
  const [low, high] = [power(ends[0]), power(ends.at(-1))];
  const most = Math.max(...counts.values());
  const {width, height, bottom, top} = CHART;
  const pitch = Math.min(width / (high - low + 1), 56);
  const drawing = drawn("svg", {
    viewBox: `0 0 ${pitch * (high - low + 1)} ${height}`, class: "chart", role: "img",
    "aria-label": `Elements by distance: from ${range(ends[0])} to ${range(ends.at(-1))} ULP, most at ${
      range(ends.find((end) => counts.get(end) === most))}. The table below has the numbers.`,
  });
  drawing.style.maxWidth = `${pitch * (high - low + 1)}px`;
  for (const [end, elements] of counts) {
    // Logarithmic, so that one element in a million is seen.
    const share = Math.log1p(elements) / Math.log1p(most);
    const size = Math.max(share * (height - bottom - top), 2);
    const x = (power(end) - low) * pitch;
    drawing.append(drawn("rect", {x: x + 1, y: height - bottom - size, width: pitch - 2, height: size, class: "bar"},
      drawn("title", {}, `${range(end)} ULP: ${count(elements, "element")}`)));
  }
  const step = Math.max(1, Math.ceil(((high - low + 1) * 34) / (pitch * (high - low + 1))));
  for (let each = low; each <= high; each += step) {
    drawing.append(drawn("text", {x: (each - low) * pitch + pitch / 2, y: height - 6},
      each < 0 ? "0" : each < 11 ? integer(2 ** each) : `2${superscript(each)}`));
  }
  return [
    drawing,
    element("details", {}, element("summary", {}, "these numbers as a table"),
      element("table", {class: "numbers"},
        element("caption", {}, "Elements by their distance in ULP"),
        element("thead", {}, element("tr", {}, ["ULP", "Elements"].map((head) => element("th", {scope: "col"}, head)))),
        element("tbody", {}, [...counts].map(([end, elements]) => element("tr", {},
          element("th", {scope: "row"}, range(end)), element("td", {class: "number"}, integer(elements))))))),
  ];
}

function superscript(number) {
  return [...String(number)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
}
