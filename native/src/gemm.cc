#include "gemm.h"

#include <algorithm>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace accent {

Buffer::Buffer(size_t floats) : floats_(floats) {
  constexpr size_t kHuge = size_t{2} << 20;
  const size_t bytes = std::max<size_t>(floats * sizeof(float), 64);
  const size_t align = bytes >= 2 * kHuge ? kHuge : 64;
  void* p = std::aligned_alloc(align, (bytes + align - 1) / align * align);
  if (!p) throw std::bad_alloc();
#if defined(__linux__)
  if (align == kHuge) madvise(p, (bytes + align - 1) / align * align, MADV_HUGEPAGE);
#endif
  data_.reset(static_cast<float*>(p));
}

namespace {

template <class At>
Packed pack(const Kernels& ks, bool bf16, int k, int n, At at) {
  const int nr = ks.nr, panels = (n + nr - 1) / nr;
  Packed p;
  p.k = k;
  p.n = n;
  p.bf16 = bf16;
  if (!bf16) {
    p.data = Buffer((size_t)panels * k * nr);
    float* out = p.data.get();
    for (int panel = 0; panel < panels; ++panel)
      for (int kk = 0; kk < k; ++kk)
        for (int j = 0; j < nr; ++j) {
          const int col = panel * nr + j;
          *out++ = col < n ? at(kk, col) : 0.0f;
        }
    return p;
  }
  const int pairs = (k + 1) / 2;
  p.data = Buffer((size_t)panels * pairs * nr);
  uint16_t* out = p.data.half();
  std::vector<float> row((size_t)2 * nr);
  for (int panel = 0; panel < panels; ++panel)
    for (int kk = 0; kk < pairs; ++kk) {
      for (int j = 0; j < nr; ++j)
        for (int half = 0; half < 2; ++half) {
          const int col = panel * nr + j, at_k = 2 * kk + half;
          row[(size_t)(2 * j + half)] = col < n && at_k < k ? at(at_k, col) : 0.0f;
        }
      ks.to_bf16(row.data(), 2 * nr, out);
      out += 2 * nr;
    }
  return p;
}

// Cuts m rows into tiles of nearly equal height, so that no short tile is left over.
struct Cut {
  int tiles, m;
  int begin(int i) const { return (int)((int64_t)m * i / tiles); }
};

Cut cut(int m, int mr) { return {(m + mr - 1) / mr, m}; }

}  // namespace

Packed pack_transposed(const Kernels& ks, bool bf16, const float* w, int n, int k) {
  return pack(ks, bf16, k, n, [=](int kk, int col) { return w[(size_t)col * k + kk]; });
}

Packed pack_plain(const Kernels& ks, bool bf16, const float* w, int k, int n) {
  return pack(ks, bf16, k, n, [=](int kk, int col) { return w[(size_t)kk * n + col]; });
}

void gemm(const Run& run, int m, const float* a, ptrdiff_t lda, const Packed& b, const Output& out) {
  const Kernels& ks = *run.ks;
  const int nr = ks.nr, panels = (b.n + nr - 1) / nr;
  // In bf16 one step of the inner loop is two of k.
  const int steps = b.bf16 ? (b.k + 1) / 2 : b.k;
  const int blocks = (steps + ks.kc - 1) / ks.kc;
  // Rows of a block of `a` stay in the second-level cache while the panels pass by.
  const int kc = (steps + blocks - 1) / blocks;
  const int rows_wanted = std::max(ks.mr, (int)(96 * 1024 / kc) / ks.mr * ks.mr);
  const int row_blocks = (m + rows_wanted - 1) / rows_wanted;
  const int groups_wanted = run.threads == 1 ? 1 : std::max(1, (4 * run.threads + row_blocks - 1) / row_blocks);
  const int groups = std::min(panels, groups_wanted);

  const ptrdiff_t lda16 = padded(b.k) + 32;
  if (b.bf16) {
    const int chunks = (m + 15) / 16;
    Pool::shared().run(chunks, run.threads, [&](int i, int) {
      const int end = std::min(m, (i + 1) * 16);
      for (int r = i * 16; r < end; ++r) {
        uint16_t* to = run.bf16_a + r * lda16;
        ks.to_bf16(a + r * lda, b.k, to);
        if (b.k & 1) to[b.k] = 0;
      }
    });
  }

  Pool::shared().run(row_blocks * groups, run.threads, [&](int index, int) {
    const int rb = index / groups, group = index % groups;
    const int row0 = (int)((int64_t)m * rb / row_blocks), row1 = (int)((int64_t)m * (rb + 1) / row_blocks);
    const int p0 = (int)((int64_t)panels * group / groups), p1 = (int)((int64_t)panels * (group + 1) / groups);
    const Cut tiles = cut(row1 - row0, ks.mr);
    for (int block = 0; block < blocks; ++block) {
      const int k0 = (int)((int64_t)steps * block / blocks), k1 = (int)((int64_t)steps * (block + 1) / blocks);
      const bool last = block == blocks - 1;
      for (int p = p0; p < p1; ++p) {
        const int col = p * nr;
        FinishArgs f{out.finish, out.bias ? out.bias + col : nullptr, out.pre ? out.pre + col : nullptr, out.ldp, 0,
                     out.period};
        for (int t = 0; t < tiles.tiles; ++t) {
          const int r = row0 + tiles.begin(t), rows = row0 + tiles.begin(t + 1) - r;
          float* c = out.c + r * out.ldc + col;
          const float* init = block > 0 ? c : out.init ? out.init + r * out.ldi + col : nullptr;
          const ptrdiff_t ldi = block > 0 ? out.ldc : out.ldi;
          // The next tile's sums and, a piece a tile, the next panel come nearer meanwhile: rows lie further apart than a
          // hardware prefetcher follows, and a panel would come from the third level during its first tile alone.
          if (t + 1 < tiles.tiles)
            for (int i = 0; i < rows; ++i)
              for (int v = 0; v < nr; v += kLine) __builtin_prefetch(c + (rows + i) * out.ldc + v, 1, 2);
          const int piece = t * (k1 - k0) * kLine;
          const bool more = p + 1 < p1 && piece < (k1 - k0) * nr;
          const float* panel = b.data.get() + ((size_t)p * steps + k0) * nr;
          const float* ahead = more ? panel + (size_t)steps * nr + piece : nullptr;
          if (b.bf16) {
            ks.tile_bf16[rows - 1](k1 - k0, run.bf16_a + r * lda16 + 2 * k0, lda16,
                                   reinterpret_cast<const uint16_t*>(panel), ahead, init, ldi, c, out.ldc);
          } else {
            ks.tile[rows - 1](k1 - k0, a + r * lda + k0, lda, panel, nr, ahead, init, ldi, c, out.ldc);
          }
          if (last && out.finish != Finish::kNone) {
            f.row = r;
            ks.finish(f, rows, c, out.ldc);
          }
        }
      }
    }
  });
}

void gemm_local(const Kernels& ks, int m, int n, int k, const Local& in, const float* init, ptrdiff_t ldi, float* c,
                ptrdiff_t ldc) {
  const Cut tiles = cut(m, ks.mr);
  const Tile* table = in.transposed ? ks.tile_t : ks.tile;
  for (int col = 0; col < n; col += ks.nr) {
    const float* b = in.b + (in.panels ? (size_t)col * k : (size_t)col);
    const ptrdiff_t ldb = in.panels ? ks.nr : in.ldb;
    for (int t = 0; t < tiles.tiles; ++t) {
      const int r = tiles.begin(t), rows = tiles.begin(t + 1) - r;
      table[rows - 1](k, in.a + (in.transposed ? r : r * in.lda), in.lda, b, ldb, nullptr,
                      init ? init + r * ldi + col : nullptr, ldi, c + r * ldc + col, ldc);
    }
  }
}

}  // namespace accent
