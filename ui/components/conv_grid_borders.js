// Which input row (or column) a padded one repeats; -1: none, it is the border's own constant.
const PADDINGS = {
  zeros: (i, size) => (i >= 0 && i < size ? i : -1),
  reflect: (i, size) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i),
  replicate: (i, size) => Math.min(Math.max(i, 0), size - 1),
  circular: (i, size) => ((i % size) + size) % size,
};
