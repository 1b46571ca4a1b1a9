// QR codes (ISO/IEC 18004:2015) as a pass needs them: alphanumeric mode, level L, versions 1 to 15.
// On a lit screen nothing is torn or dirty: the lowest level gives the largest modules.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const MODE = 0b0010;
const LEVEL_L = 0b01;

// By version: codewords in all, those for error correction in each block, blocks (table 9).
const VERSIONS = [
  [26, 7, 1], [44, 10, 1], [70, 15, 1], [100, 20, 1], [134, 26, 1], [172, 18, 2], [196, 20, 2],
  [242, 24, 2], [292, 30, 2], [346, 18, 4], [404, 20, 4], [466, 24, 4], [532, 26, 4], [581, 30, 4],
  [655, 22, 6],
];
// Centres of the alignment patterns (annex E).
const ALIGNED = [
  [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46],
  [6, 28, 50], [6, 30, 54], [6, 32, 58], [6, 34, 62], [6, 26, 46, 66], [6, 26, 48, 70],
];
const MASKS = [
  (y, x) => (y + x) % 2, (y) => y % 2, (y, x) => x % 3, (y, x) => (y + x) % 3,
  (y, x) => ((y >> 1) + Math.floor(x / 3)) % 2, (y, x) => ((y * x) % 2) + ((y * x) % 3),
  (y, x) => (((y * x) % 2) + ((y * x) % 3)) % 2, (y, x) => (((y + x) % 2) + ((y * x) % 3)) % 2,
];

// Powers of 2 in the field of 256 elements, modulo x^8 + x^4 + x^3 + x^2 + 1, and their logarithms.
const POWERS = new Uint8Array(512);
const LOGS = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  POWERS[power] = POWERS[power + 255] = value;
  LOGS[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}

/** Draw a text: rows of modules, 1 for a dark one. `mask` is chosen as the standard says. */
export function drawQr(text, mask = null) {
  const version = smallestVersion(text);
  const bits = placed(codewords(encoded(text, version), version));
  const frame = functionPatterns(version);
  const wanted = mask === null ? [...MASKS.keys()] : [mask];
  const drawn = wanted.map((number) => withMask(frame, bits, number, version));
  return drawn.reduce((best, next) => (penalty(next) < penalty(best) ? next : best));
}

function smallestVersion(text) {
  for (let version = 1; version <= VERSIONS.length; version += 1) {
    if (bitsOf(text.length, version) <= 8 * dataCodewords(version)) return version;
  }
  throw new RangeError("too long for a code of this kind");
}

function bitsOf(length, version) {
  return 4 + countBits(version) + 11 * (length >> 1) + 6 * (length % 2);
}

function countBits(version) {
  return version < 10 ? 9 : 11;
}

function dataCodewords(version) {
  const [all, correcting, blocks] = VERSIONS[version - 1];
  return all - correcting * blocks;
}

function encoded(text, version) {
  const bits = [];
  const put = (value, width) => {
    for (let at = width - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
  };
  put(MODE, 4);
  put(text.length, countBits(version));
  for (let at = 0; at < text.length; at += 2) {
    const [first, second] = [valueOf(text[at]), at + 1 < text.length ? valueOf(text[at + 1]) : null];
    if (second === null) put(first, 6);
    else put(first * 45 + second, 11);
  }
  const room = 8 * dataCodewords(version);
  put(0, Math.min(4, room - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let filler = 0xec; bits.length < room; filler ^= 0xec ^ 0x11) put(filler, 8);
  const bytes = new Uint8Array(room / 8);
  bits.forEach((bit, at) => { bytes[at >> 3] |= bit << (7 - (at % 8)); });
  return bytes;
}

function valueOf(character) {
  const value = ALPHABET.indexOf(character);
  if (value < 0) throw new RangeError("a character that this kind of code does not have");
  return value;
}

function codewords(data, version) {
  const [, correcting, count] = VERSIONS[version - 1];
  const divisor = generator(correcting);
  const short = Math.floor(data.length / count);
  const blocks = [];
  for (let block = 0, at = 0; block < count; block += 1) {
    const length = short + (block >= count - (data.length % count) ? 1 : 0);
    blocks.push(data.subarray(at, at + length));
    at += length;
  }
  return [...interleaved(blocks), ...interleaved(blocks.map((one) => remainder(one, divisor)))];
}

function interleaved(blocks) {
  const bytes = [];
  for (let at = 0; at < blocks[blocks.length - 1].length; at += 1) {
    for (const block of blocks) if (at < block.length) bytes.push(block[at]);
  }
  return bytes;
}

function times(a, b) {
  return a && b ? POWERS[LOGS[a] + LOGS[b]] : 0;
}

function generator(degree) {
  let polynomial = [1];
  for (let root = 0; root < degree; root += 1) {
    const next = [...polynomial, 0];
    polynomial.forEach((factor, at) => { next[at + 1] ^= times(factor, POWERS[root]); });
    polynomial = next;
  }
  return polynomial;
}

function remainder(data, divisor) {
  const rest = new Uint8Array(data.length + divisor.length - 1);
  rest.set(data);
  for (let at = 0; at < data.length; at += 1) {
    const factor = rest[at];
    divisor.forEach((value, by) => { rest[at + by] ^= times(value, factor); });
  }
  return rest.subarray(data.length);
}

function placed(bytes) {
  return (at) => (at < 8 * bytes.length ? (bytes[at >> 3] >> (7 - (at % 8))) & 1 : 0);
}

/** Rows with what is the same in every code of a version: 0 or 1, and null where data goes. */
function functionPatterns(version) {
  const size = 17 + 4 * version;
  const rows = Array.from({ length: size }, () => new Array(size).fill(null));
  const box = (top, left, height, width, value) => {
    for (let y = Math.max(0, top); y < Math.min(size, top + height); y += 1) {
      for (let x = Math.max(0, left); x < Math.min(size, left + width); x += 1) rows[y][x] = value;
    }
  };
  for (let at = 8; at < size - 8; at += 1) rows[6][at] = rows[at][6] = 1 - (at % 2);
  for (const [y, x] of [[0, 0], [0, size - 7], [size - 7, 0]]) {
    box(y - 1, x - 1, 9, 9, 0);
    box(y, x, 7, 7, 1);
    box(y + 1, x + 1, 5, 5, 0);
    box(y + 2, x + 2, 3, 3, 1);
  }
  const centres = ALIGNED[version - 1];
  const last = centres[centres.length - 1];
  for (const y of centres) {
    for (const x of centres) {
      if ((y === 6 && (x === 6 || x === last)) || (y === last && x === 6)) continue;
      box(y - 2, x - 2, 5, 5, 1);
      box(y - 1, x - 1, 3, 3, 0);
      rows[y][x] = 1;
    }
  }
  putFormat(rows, 0);
  if (version >= 7) putVersion(rows, version);
  return rows;
}

function checked(value, divisor, width) {
  let rest = value << width;
  for (let at = 31 - Math.clz32(rest); at >= width; at -= 1) {
    if ((rest >> at) & 1) rest ^= divisor << (at - width);
  }
  return (value << width) | rest;
}

function putFormat(rows, mask) {
  const size = rows.length;
  const bits = checked((LEVEL_L << 3) | mask, 0x537, 10) ^ 0x5412;
  const bit = (at) => (bits >> at) & 1;
  for (let at = 0; at < 15; at += 1) {
    const along = at < 6 ? at : at < 8 ? at + 1 : size - 15 + at;
    rows[along][8] = bit(at);
    const back = at < 8 ? size - 1 - at : at < 9 ? 7 : 14 - at;
    rows[8][back] = bit(at);
  }
  rows[size - 8][8] = 1;
}

function putVersion(rows, version) {
  const size = rows.length;
  const bits = checked(version, 0x1f25, 12);
  for (let at = 0; at < 18; at += 1) {
    const [near, far] = [Math.floor(at / 3), size - 11 + (at % 3)];
    rows[near][far] = rows[far][near] = (bits >> at) & 1;
  }
}

function withMask(frame, bits, mask, version) {
  const size = 17 + 4 * version;
  const rows = frame.map((row) => [...row]);
  let at = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    const upwards = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (frame[y][x] !== null) continue;
        rows[y][x] = bits(at) ^ (MASKS[mask](y, x) === 0 ? 1 : 0);
        at += 1;
      }
    }
  }
  putFormat(rows, mask);
  return rows;
}

/** How hard a code is to read, by the four rules of section 7.8.3. */
function penalty(rows) {
  const size = rows.length;
  const columns = rows.map((_, x) => rows.map((row) => row[x]));
  let sum = 0;
  let dark = 0;
  for (const line of [...rows, ...columns]) sum += runs(line) + finders(line);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      dark += rows[y][x];
      if (y && x && rows[y][x] + rows[y - 1][x] + rows[y][x - 1] + rows[y - 1][x - 1] === 4 * rows[y][x]) sum += 3;
    }
  }
  return sum + 10 * Math.floor(Math.abs((20 * dark) / (size * size) - 10));
}

function runs(line) {
  let [sum, length] = [0, 0];
  line.forEach((module, at) => {
    length = at && module === line[at - 1] ? length + 1 : 1;
    if (length === 5) sum += 3;
    if (length > 5) sum += 1;
  });
  return sum;
}

function finders(line) {
  const text = line.join("");
  let sum = 0;
  for (const pattern of ["10111010000", "00001011101"]) {
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) sum += 40;
  }
  return sum;
}
