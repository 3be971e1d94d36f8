// The tables that `harness/report/packed.py` packed: columns of plain numbers, read where they lie.

const ARRAYS = {
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array,
  float64: Float64Array,
};

// One column. `get` gives text, a number, a BigInt (whole numbers in 64 bits), a truth value, or
// null for what is absent; `codes` are the numbers as they lie there.
class Column {
  #packed;
  #codes;

  constructor(bytes, rows, {kind, dtype, at, words}) {
    this.kind = kind;
    this.words = words;
    this.type = ARRAYS[dtype];
    this.#packed = bytes.subarray(at, at + rows * this.type.BYTES_PER_ELEMENT);
    this.rows = rows;
    this.absent = {uint8: 0xff, uint16: 0xffff, uint32: 0xffffffff, uint64: 2n ** 64n - 1n}[dtype];
  }

  // Put together when first asked for: all first bytes lie together, then all second ones, ….
  get codes() {
    if (this.#codes) return this.#codes;
    const {rows, type: {BYTES_PER_ELEMENT: width}} = this;
    const whole = new Uint8Array(rows * width);
    for (let byte = 0; byte < width; byte++) {
      const plane = this.#packed.subarray(byte * rows, (byte + 1) * rows);
      for (let row = 0; row < rows; row++) whole[row * width + byte] = plane[row];
    }
    return this.#codes = new this.type(whole.buffer);
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
  const body = new Uint8Array(buffer, 4 + length);
  const tables = {};
  for (const [name, {rows, columns}] of Object.entries(header)) {
    tables[name] = {rows, columns: {}};
    for (const [column, said] of Object.entries(columns)) {
      tables[name].columns[column] = new Column(body, rows, said);
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
