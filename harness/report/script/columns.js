// The tables that `harness/report/packed.py` packed: columns of plain numbers, read where they lie.

const ARRAYS = {
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array,
  float64: Float64Array,
};

// One column. `get` gives text, a number, a BigInt (whole numbers in 64 bits), a truth value, or
// null for what is absent; `codes` are the numbers as they lie there.
class Column {
  constructor(buffer, start, rows, {kind, type, at, words}) {
    this.kind = kind;
    this.words = words;
    this.codes = new ARRAYS[type](buffer, start + at, rows);
    this.absent = {uint8: 0xff, uint16: 0xffff, uint32: 0xffffffff, uint64: 2n ** 64n - 1n}[type];
  }

  get(row) {
    const code = this.codes[row];
    if (this.kind === "text") return this.words[code];
    if (this.kind === "number") return Number.isNaN(code) ? null : code;
    if (code === this.absent) return null;
    return this.kind === "flag" ? code === 1 : code;
  }
}

// base64 → {name: {rows, columns: {name: Column}}}.
async function unpack(text) {
  const ascii = atob(text.trim());
  const bytes = new Uint8Array(ascii.length);
  for (let index = 0; index < ascii.length; index++) bytes[index] = ascii.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const tables = {};
  for (const [name, {rows, columns}] of Object.entries(header)) {
    tables[name] = {rows, columns: {}};
    for (const [column, said] of Object.entries(columns)) {
      tables[name].columns[column] = new Column(buffer, 4 + length, rows, said);
    }
  }
  return tables;
}

// A small table as objects.
function records({rows, columns}) {
  const names = Object.keys(columns);
  return Array.from({length: rows}, (_, row) => {
    const record = {index: row};
    for (const name of names) record[name] = columns[name].get(row);
    return record;
  });
}
