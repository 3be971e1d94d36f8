// Numbers and text as the page and the CSV files write them.

// A float64 as Python's repr writes it: what stands in the CSV files, to the character.
function exact(value) {
  if (typeof value === "bigint") return value.toString();
  if (!Number.isFinite(value)) return value > 0 ? "inf" : value < 0 ? "-inf" : "nan";
  if (Object.is(value, -0)) return "-0.0";
  const [digits, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

const INTEGERS = new Intl.NumberFormat("en-US");

// Whole numbers exactly, with their thousands apart.
function integer(value) {
  return INTEGERS.format(value);
}

// Three digits for reading, as Python's `.3g` gives them.
function rounded(value) {
  if (value === 0 || !Number.isFinite(value)) return exact(value).replace(/\.0$/, "");
  const [digits, power] = value.toExponential(2).split("e");
  const exponent = Number(power);
  const mantissa = digits.replace(/\.?0+$/, "");
  if (exponent < -4 || exponent >= 3) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return String(Number(value.toPrecision(3)));
}

function count(number, noun, plural = `${noun}s`) {
  return `${integer(number)} ${Number(number) === 1 ? noun : plural}`;
}

// A field of a CSV file, by the rules of `harness/report/csv.py`.
function field(value, kind) {
  if (value === null || value === "") return "";
  let text = kind === "number" ? exact(value) : String(value);
  if (kind === "text") {
    text = text.replaceAll("\0", "\ufffd");
    if (/^'*[=+\-@\t\r]/.test(text)) text = `'${text}`;
  }
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// The words of a search, all of which must be found.
function searched(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (name) => words.every((word) => name.includes(word));
}

// Items by what a function says of them, in order of appearance.
function grouped(items, key) {
  const groups = new Map();
  for (const item of items) {
    const of = key(item);
    if (groups.has(of)) groups.get(of).push(item);
    else groups.set(of, [item]);
  }
  return groups;
}

// Versions in their order, other words by the alphabet.
function versions(one, other) {
  return one.localeCompare(other, "en", {numeric: true});
}
