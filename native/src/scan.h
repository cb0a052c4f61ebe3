// The first half of an exact search: which rows could be among the k best. A row is a vector v kept as whole numbers c of
// 8 bits with a scale s and the length r = |v - s c| of what is lost; a query q is kept as whole numbers d of 16 bits,
// q = t d + f. By Cauchy-Schwarz, twice,
//
//     | q.v - s t (d.c) |  <=  |q| r + |f| |s c|
//
// so that each row has a lower and an upper bound, and only rows whose upper bound reaches the k-th largest lower bound can
// be among the k best. The second half, with the float32 vectors, is main/services/catalog/int8-index.ts.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "failure.h"
#include "mapped.h"
#include "scan_path.h"

namespace accent {

// Rows of a block: a block is what one thread scans at a time and what one checksum stands for.
constexpr int kBlockRows = 4096;

// Up to kBlockRows rows: scales [room], losses [room] (float32), codes [room, width] (int8), one after the other, in a
// mapped file (room: its rows) or in memory (room: kBlockRows). A row never changes once it is there.
class Block {
 public:
  // In memory, with no rows yet. Throws std::bad_alloc.
  explicit Block(int width);
  // In a file, from byte `at` on; not checked yet.
  Block(std::shared_ptr<const Mapped> file, uint64_t at, int width, int rows, uint32_t checksum);

  const float* scales() const { return (const float*)bytes_; }
  const float* losses() const { return scales() + room_; }
  const int8_t* codes() const { return (const int8_t*)(losses() + room_); }
  int room() const { return room_; }
  bool is_mapped() const { return file_ != nullptr; }

  // For a block in memory: writes row `row` < room.
  void put(int row, float scale, float loss, const int8_t* codes);
  // Whether its bytes are there and are those that were written: compared with the checksum once, before first use.
  // "truncated" or "hash_mismatch". May be called by several threads.
  Failure check() const;

 private:
  int width_, room_;
  std::shared_ptr<const Mapped> file_;
  uint64_t end_ = 0;
  uint32_t checksum_ = 0;
  mutable std::atomic<bool> checked_{true};
  std::unique_ptr<uint8_t[]> memory_;
  const uint8_t* bytes_;
};

// Some rows of a block, as they are at one moment.
struct BlockView {
  std::shared_ptr<const Block> block;
  int rows;
};

// All rows: those of a file, mapped, and after them those that were added. Used by one thread; scans work on views.
class Rows {
 public:
  explicit Rows(int width) : width_(width) {}
  int width() const { return width_; }
  uint64_t count() const { return count_; }
  // Bytes in memory, without what is mapped.
  uint64_t bytes() const;
  // Takes the rows of a file in the place of what is there: `rows` rows in blocks of kBlockRows from byte `at` (a multiple
  // of 4) on, one checksum each. Looks at its size only; blocks are checked when they are first used.
  Failure open(const std::string& path, uint64_t at, uint64_t rows, const std::vector<uint32_t>& checksums);
  void append(float scale, float loss, const int8_t* codes);
  const std::vector<BlockView>& blocks() const { return blocks_; }

 private:
  int width_;
  uint64_t count_ = 0;
  std::vector<BlockView> blocks_;
  std::shared_ptr<Block> last_;  // the block in memory that is being filled
};

struct ScanQuery {
  std::vector<int16_t> codes;  // [width]
  double step = 0;             // t
  double length = 0;           // |q|
  double lost = 0;             // |f|
  double widest = 0;           // at least |c| of every row
  double rounding = 0;         // room for rounding, added to |bound| as rounding * (1 + |q|)
  size_t k = 0;
  std::vector<uint8_t> left;  // [rows]: 1 leaves a row out; empty: none
};

struct Candidate {
  uint32_t row;
  double upper;
};

// The rows whose upper bound reaches the k-th largest lower bound (all rows where there are fewer than k), the largest upper
// bound first, then by row. The same for every path and number of threads. Waits for the pool.
Failure scan(const ScanPath& path, int threads, const std::vector<BlockView>& blocks, const ScanQuery& query,
             std::vector<Candidate>* out);

}  // namespace accent
