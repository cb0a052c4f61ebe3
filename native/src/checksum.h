// CRC-32 as zlib has it (polynomial 0xedb88320, reflected), so that JavaScript's zlib.crc32 gives the same number.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace accent {

uint32_t crc32_of(const uint8_t* bytes, size_t count);

// Folds the first bytes, a multiple of 64 and at least that, into 16 bytes with the same remainder: after a register of
// `crc`, the table's loop from a register of 0 over `rest` ends where it would have ended over all of them. Returns how
// many bytes were taken. Needs `count` >= 64.
using Fold = size_t (*)(const uint8_t* bytes, size_t count, uint32_t crc, uint8_t rest[16]);
#if defined(__x86_64__)
size_t fold_clmul(const uint8_t* bytes, size_t count, uint32_t crc, uint8_t rest[16]);
#endif

}  // namespace accent
