// Where the scan's rows lie: blocks of a mapped file, and blocks in memory.
#include <algorithm>
#include <cstring>

#include "checksum.h"
#include "scan.h"

namespace accent {
namespace {

size_t block_bytes(int width, int rows) { return (size_t)rows * ((size_t)width + 2 * sizeof(float)); }

}  // namespace

Block::Block(int width)
    : width_(width), room_(kBlockRows), memory_(new uint8_t[block_bytes(width, kBlockRows)]), bytes_(memory_.get()) {}

Block::Block(std::shared_ptr<const Mapped> file, uint64_t at, int width, int rows, uint32_t checksum)
    : width_(width), room_(rows), file_(std::move(file)), end_(at + block_bytes(width, rows)), checksum_(checksum),
      checked_(false), bytes_(file_->data() + at) {}

void Block::put(int row, float scale, float loss, const int8_t* codes) {
  uint8_t* to = memory_.get();
  std::memcpy(to + (size_t)row * sizeof(float), &scale, sizeof scale);
  std::memcpy(to + (size_t)(room_ + row) * sizeof(float), &loss, sizeof loss);
  std::memcpy(to + (size_t)room_ * 2 * sizeof(float) + (size_t)row * (size_t)width_, codes, (size_t)width_);
}

Failure Block::check() const {
  if (!file_) return {};
  if (!file_->holds(end_)) return fail("truncated", "The index file was cut short while it was in use.");
  if (checked_.load(std::memory_order_acquire)) return {};
  if (crc32_of(bytes_, block_bytes(width_, room_)) != checksum_)
    return fail("hash_mismatch", "A part of the index file is damaged: its checksum is another one.");
  checked_.store(true, std::memory_order_release);
  return {};
}

uint64_t Rows::bytes() const {
  uint64_t sum = 0;
  for (const BlockView& b : blocks_)
    if (!b.block->is_mapped()) sum += block_bytes(width_, kBlockRows);
  return sum;
}

Failure Rows::open(const std::string& path, uint64_t at, uint64_t rows, const std::vector<uint32_t>& checksums) {
  Failure failure;
  const auto file = Mapped::open(path, &failure);
  if (!file) return failure;
  const uint64_t row = (uint64_t)width_ + 2 * sizeof(float);
  if (at % sizeof(float) != 0 || at > file->size() || rows > (file->size() - at) / row)
    return fail("truncated", "The index file is shorter than its rows.");
  if (rows > UINT32_MAX) return fail("too_large", "The index file has more rows than can be numbered.");
  if (checksums.size() != (rows + kBlockRows - 1) / kBlockRows)
    return fail("bad_header", "The index file has another number of checksums than of blocks.");
  std::vector<BlockView> blocks;
  blocks.reserve(checksums.size());
  for (uint64_t first = 0; first < rows; first += kBlockRows) {
    const int count = (int)std::min<uint64_t>(kBlockRows, rows - first);
    blocks.push_back({std::make_shared<Block>(file, at + first * row, width_, count, checksums[blocks.size()]), count});
  }
  blocks_ = std::move(blocks);
  count_ = rows;
  last_.reset();
  return {};
}

void Rows::append(float scale, float loss, const int8_t* codes) {
  if (!last_ || blocks_.back().rows == last_->room()) {
    last_ = std::make_shared<Block>(width_);
    blocks_.push_back({last_, 0});
  }
  last_->put(blocks_.back().rows, scale, loss, codes);
  ++blocks_.back().rows;
  ++count_;
}

}  // namespace accent
