#include "checksum.h"

#include <array>
#include <cstring>

#include "cpu.h"

namespace accent {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// tables[k][b]: what byte b does to the checksum when k further bytes follow it.
Tables make_tables() {
  Tables t;
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t c = b;
    for (int i = 0; i < 8; ++i) c = c & 1 ? (c >> 1) ^ 0xedb88320u : c >> 1;
    t[0][b] = c;
  }
  for (size_t k = 1; k < 8; ++k)
    for (uint32_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 255];
  return t;
}

// The register `c` after further bytes.
uint32_t update(uint32_t c, const uint8_t* bytes, size_t count) {
  static const Tables t = make_tables();
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  // Eight bytes a turn (Kounavis and Berry 2005).
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    word ^= c;
    c = 0;
    for (size_t k = 0; k < 8; ++k) c ^= t[7 - k][(word >> (8 * k)) & 255];
  }
#endif
  for (; count > 0; ++bytes, --count) c = (c >> 8) ^ t[0][(c ^ *bytes) & 255];
  return c;
}

}  // namespace

uint32_t crc32_of(const uint8_t* bytes, size_t count) {
  static const Fold fold = usable_fold();
  uint32_t c = 0xffffffffu;
  if (fold && count >= 64) {
    uint8_t rest[16];
    const size_t done = fold(bytes, count, c, rest);
    c = update(0, rest, sizeof rest);
    bytes += done;
    count -= done;
  }
  return ~update(c, bytes, count);
}

}  // namespace accent
