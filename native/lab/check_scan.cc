// The vector scan's part of `lab check`: random rows on every path and number of threads, in memory and from a file, against
// the bounds of every row computed one by one.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "checksum.h"
#include "cpu.h"
#include "models.h"
#include "pool.h"
#include "scan.h"

namespace accent {
namespace {

std::vector<Candidate> expected(const Rows& rows, const ScanQuery& q) {
  struct Bounds {
    uint32_t row;
    double upper, lower;
  };
  std::vector<Bounds> all;
  uint32_t row = 0;
  for (const BlockView& view : rows.blocks())
    for (int i = 0; i < view.rows; ++i, ++row) {
      if (!q.left.empty() && q.left[row]) continue;
      uint32_t dot = 0;
      for (size_t d = 0; d < q.codes.size(); ++d)
        dot += (uint32_t)(q.codes[d] * view.block->codes()[(size_t)i * q.codes.size() + d]);
      const double scale = view.block->scales()[i], guess = q.step * scale * (double)(int32_t)dot;
      const double slack = q.length * (double)view.block->losses()[i] + q.lost * q.widest * scale + q.rounding * (1 + q.length);
      all.push_back({row, guess + slack, guess - slack});
    }
  std::sort(all.begin(), all.end(), [](const Bounds& a, const Bounds& b) { return a.lower > b.lower; });
  const double least = all.size() < q.k ? -std::numeric_limits<double>::infinity() : all[q.k - 1].lower;
  std::vector<Candidate> out;
  for (const Bounds& b : all)
    if (b.upper >= least) out.push_back({b.row, b.upper});
  std::sort(out.begin(), out.end(),
            [](const Candidate& a, const Candidate& b) { return a.upper > b.upper || (a.upper == b.upper && a.row < b.row); });
  return out;
}

bool same(const std::vector<Candidate>& a, const std::vector<Candidate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Candidate& x, const Candidate& y) { return x.row == y.row && x.upper == y.upper; });
}

// Writes the rows as they lie in a file, behind `at` bytes, and opens them again; a cut or flipped copy must be refused.
int check_file(Random& r, const Rows& rows, const ScanQuery& q, const std::vector<Candidate>& wanted) {
  char name[] = "/tmp/lab-scan-XXXXXX";
  const int file = mkstemp(name);
  FILE* out = file < 0 ? nullptr : fdopen(file, "wb");
  if (!out) return std::printf("scan: no temporary file\n"), 1;
  const uint64_t at = 4 * (uint64_t)r.below(100);
  const size_t row_bytes = (size_t)rows.width() + 8;
  std::vector<uint8_t> bytes((size_t)at, 1);
  std::vector<uint32_t> sums;
  for (const BlockView& view : rows.blocks()) {
    const size_t first = bytes.size(), n = (size_t)view.rows;
    const auto add = [&](const void* from, size_t count) {
      bytes.insert(bytes.end(), (const uint8_t*)from, (const uint8_t*)from + count);
    };
    add(view.block->scales(), n * 4);
    add(view.block->losses(), n * 4);
    add(view.block->codes(), n * (size_t)rows.width());
    sums.push_back(crc32_of(bytes.data() + first, n * row_bytes));
  }
  int failures = 0;
  const bool flip = r.below(2) == 1;
  if (flip) bytes[(size_t)at + r.next() % (bytes.size() - (size_t)at)] ^= (uint8_t)(1 << r.below(8));
  if (std::fwrite(bytes.data(), 1, bytes.size(), out) != bytes.size() || std::fclose(out) != 0) ++failures;
  Rows read(rows.width());
  std::vector<Candidate> found;
  if (!read.open(name, at, rows.count() + 1, sums)) ++failures, std::printf("scan: a short file was opened\n");
  if (Failure f = read.open(name, at, rows.count(), sums)) {
    ++failures, std::printf("scan: %s\n", f.message.c_str());
  } else {
    f = scan(*usable_scans().front(), Pool::shared().size(), read.blocks(), q, &found);
    if (flip ? !f || std::string(f.code) != "hash_mismatch" : (bool)f || !same(found, wanted))
      ++failures, std::printf("scan: a %s file gave %s\n", flip ? "damaged" : "whole", f ? f.code : "an answer");
  }
  std::remove(name);
  return failures;
}

}  // namespace

int check_scan(Random& r) {
  const int width = 16 * (1 + r.below(64));
  Rows rows(width);
  const int count = 1 + r.below(6000);
  std::vector<int8_t> codes((size_t)width);
  for (int i = 0; i < count; ++i) {
    // Some rows are the one before, so that bounds tie.
    if (r.below(8) > 0 || i == 0)
      for (int8_t& c : codes) c = (int8_t)(r.below(256) - 128);
    rows.append(0.001f * (float)(1 + r.below(5)), 0.01f * (float)r.below(5), codes.data());
  }
  ScanQuery q;
  q.codes.resize((size_t)width);
  for (int16_t& c : q.codes) c = (int16_t)(r.below(65536) - 32768);
  q.step = 1e-5, q.length = 1, q.lost = 1e-4, q.widest = 128 * std::sqrt((double)width), q.rounding = 4e-6;
  q.k = (size_t)(1 + r.below(r.below(2) ? 60 : count));
  if (r.below(2)) {
    q.left.resize((size_t)count);
    for (uint8_t& x : q.left) x = r.below(4) == 0;
  }
  const std::vector<Candidate> wanted = expected(rows, q);
  int failures = 0;
  for (const ScanPath* path : usable_scans())
    for (int threads : {1, Pool::shared().size()}) {
      std::vector<Candidate> found;
      if (scan(*path, threads, rows.blocks(), q, &found) || !same(found, wanted))
        ++failures, std::printf("scan %s, %d threads: %d rows of %d differ\n", path->name, threads, count, width);
    }
  return failures + check_file(r, rows, q, wanted);
}

}  // namespace accent
